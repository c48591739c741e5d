#include "attune/tasks/text_to_text/translation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0x7a5;

std::int64_t longest_of(const text::TokenSequences& sequences, std::span<const std::uint32_t> which) {
  std::int64_t longest = 0;
  for (const std::uint32_t i : which) longest = std::max(longest, sequences.length(i));
  return longest;
}

}  // namespace

TranslationBatch make_translation_batch(const models::SequenceToSequenceModel& model,
                                        const text::ParallelCorpus& corpus,
                                        std::span<const std::uint32_t> pairs) {
  const auto rows = static_cast<std::int64_t>(pairs.size());
  const std::int64_t source_length = longest_of(corpus.source, pairs);
  const std::int64_t target_length = longest_of(corpus.target, pairs);
  TranslationBatch batch;
  batch.source.ids = Tensor::full({rows, source_length}, model.padding_token(), DType::int64);  // (B, S)
  batch.inputs.ids = Tensor::full({rows, target_length}, model.padding_token(), DType::int64);  // (B, T)
  batch.targets = Tensor::full({rows, target_length}, ignored_target, DType::int64);            // (B, T)
  const Tensor mask = Tensor::zeros({rows, source_length}, DType::boolean);                     // (B, S)
  bool padded = false;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint32_t pair = pairs[static_cast<std::size_t>(row)];
    const std::int64_t source = corpus.source.length(pair), target = corpus.target.length(pair);
    corpus.source.read(pair, row_of(batch.source.ids, row));
    std::fill_n(mask.mutable_data<bool>() + row * source_length, source, true);
    padded = padded || source < source_length;
    const auto targets = row_of(batch.targets, row), inputs = row_of(batch.inputs.ids, row);
    corpus.target.read(pair, targets);
    inputs[0] = model.decoder_start_token();
    std::copy_n(targets.begin(), target - 1, inputs.begin() + 1);
    batch.tokens += target;
  }
  if (padded) batch.source.mask = mask;
  // The inputs need no mask: a position sees those before it, and padding stands behind all that count.
  return batch;
}

Translation::Translation(const models::SequenceToSequenceModel& model, text::ParallelCorpus train,
                         std::optional<text::ParallelCorpus> valid, const TranslationOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      batches_(train_, options.batch_tokens, fold_in(options.seed, batch_stream)) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1))
    fail_usage("--label-smoothing is {}, expected 0 <= e < 1", options.label_smoothing);
}

MicroBatchLoss Translation::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const std::int64_t done = which.done(), per_epoch = batches_.per_epoch();
  const auto batch =
      make_translation_batch(model_, train_, batches_.batch(done / per_epoch, done % per_epoch));
  return {model_.loss(batch.source, batch.inputs, batch.targets, options_.label_smoothing, context),
          static_cast<double>(batch.tokens)};
}

std::optional<Evaluation> Translation::evaluate(const nn::Context& context,
                                                const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there is no validation text");
  const auto result = evaluate_translation(model_, *valid_, options_.batch_tokens, context, stopped);
  if (!result) return std::nullopt;
  return Evaluation{result->loss, {{"perplexity", result->perplexity}}};
}

std::optional<TranslationEvaluation> evaluate_translation(const models::SequenceToSequenceModel& model,
                                                          const text::ParallelCorpus& text,
                                                          std::int64_t batch_tokens, const nn::Context& how,
                                                          const std::function<bool()>& stopped) {
  const NoGrad no_grad;
  const LengthBatches batches(text, batch_tokens, /*seed=*/0);
  double sum = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    if (stopped && stopped()) return std::nullopt;
    const auto batch = make_translation_batch(model, text, batches.sorted_batch(i));
    sum += sum_of_losses(model.token_losses(batch.source, batch.inputs, batch.targets, how), batch.targets);
  }
  const double loss = sum / static_cast<double>(text.target.tokens());
  return TranslationEvaluation{loss, std::exp(loss), text.target.tokens()};
}

}  // namespace attune::tasks
