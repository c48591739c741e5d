#include "attune/tasks/text_to_text.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/tasks/metrics/bleu.h"
#include "attune/tasks/metrics/chrf.h"
#include "attune/tasks/metrics/pairs.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/tasks/translation.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0x7e87;
// Padded tokens of a batch that is evaluated.
constexpr std::int64_t evaluation_tokens = 4096;

std::vector<std::int64_t> lengths_of(const text::ParallelCorpus& pairs) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < pairs.size(); ++i)
    lengths.push_back(pairs.source.length(i) + pairs.target.length(i));
  return lengths;
}

std::string collapsed(std::string_view text) {
  std::string words;
  for_each_word(text, [&](std::string_view word) {
    if (!words.empty()) words += ' ';
    words += word;
  });
  return words;
}

}  // namespace

TextToText::TextToText(const models::SequenceToSequenceModel& model, TextToTextExamples train,
                       std::optional<TextToTextExamples> valid, WriteTexts write,
                       const TextToTextOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      write_(std::move(write)),
      options_(options),
      batches_(lengths_of(train_.pairs), options.batch_size, fold_in(options.seed, batch_stream)) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1))
    fail_usage("--label-smoothing is {}, expected 0 <= e < 1", options.label_smoothing);
  if (options.write_examples < 0)
    fail_usage("--eval-examples is {}, expected 0 (all) or more", options.write_examples);
}

MicroBatchLoss TextToText::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto batch = make_translation_batch(model_, train_.pairs, batches_.batch(which));
  return {model_.loss(batch.source, batch.inputs, batch.targets, options_.label_smoothing, context),
          static_cast<double>(batch.tokens)};
}

std::optional<std::vector<std::string>> TextToText::written(const std::function<bool()>& stopped) const {
  const text::ParallelCorpus& pairs = valid_->pairs;
  const std::int64_t count =
      options_.write_examples > 0 ? std::min(options_.write_examples, pairs.size()) : pairs.size();
  auto lengths = lengths_of(pairs);
  lengths.resize(static_cast<std::size_t>(count));
  const ExampleBatches batches(std::move(lengths), options_.batch_size, /*seed=*/0);
  std::vector<std::string> texts(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    if (stopped && stopped()) return std::nullopt;
    const auto which = batches.sorted_batch(i);
    std::vector<std::vector<std::int64_t>> sources;
    for (const std::uint32_t pair : which) {
      sources.emplace_back(static_cast<std::size_t>(pairs.source.length(pair)));
      pairs.source.read(pair, sources.back());
    }
    std::vector<std::string> some = write_(sources);
    for (std::size_t row = 0; row < which.size(); ++row) texts[which[row]] = std::move(some[row]);
  }
  return texts;
}

std::optional<Evaluation> TextToText::evaluate(const nn::Context& context,
                                               const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation texts");
  const auto predicted = evaluate_translation(model_, valid_->pairs, evaluation_tokens, context, stopped);
  if (!predicted) return std::nullopt;
  const auto texts = written(stopped);
  if (!texts) return std::nullopt;
  const std::vector<std::string> references(
      valid_->targets.begin(), valid_->targets.begin() + static_cast<std::ptrdiff_t>(texts->size()));
  Evaluation evaluation{
      predicted->loss,
      {{"perplexity", predicted->perplexity}, {"exact_match", exact_match(*texts, references)}}};
  if (options_.translation_metrics) {
    evaluation.metrics.emplace_back("bleu", corpus_bleu(*texts, references).score);
    evaluation.metrics.emplace_back("chrf", corpus_chrf(*texts, references));
  }
  return evaluation;
}

double exact_match(std::span<const std::string> texts, std::span<const std::string> references) {
  check_pairs("exact match", texts.size(), references.size());
  double hits = 0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    hits += collapsed(texts[i]) == collapsed(references[i]) ? 1 : 0;
  return hits / static_cast<double>(texts.size());
}

}  // namespace attune::tasks
