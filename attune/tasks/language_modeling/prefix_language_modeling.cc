#include "attune/tasks/language_modeling/prefix_language_modeling.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/targets.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Set windows and prefixes apart from one another and from the parameters' first values.
constexpr std::uint64_t window_stream = 0x9ef1, prefix_stream = 0x9ef2;
constexpr std::uint64_t evaluation_seed = 0x9ef3;

PrefixBatch empty_batch(std::int64_t rows, std::int64_t length) {
  return {Tensor::empty({rows, length}, DType::int64), Tensor::empty({rows}, DType::int64),
          Tensor::empty({rows, length}, DType::int64)};
}

void fill(PrefixBatch& batch, std::int64_t row, const text::TokenCorpus& text, std::int64_t begin,
          std::uint64_t seed) {
  const std::int64_t length = batch.ids.dim(1);
  Generator generator{.seed = seed};
  const std::int64_t prefix =
      1 + static_cast<std::int64_t>(uniform_integer(generator, static_cast<std::uint64_t>(length)));
  text.read(begin, row_of(batch.ids, row));
  text.read(begin + 1, row_of(batch.targets, row));
  std::fill_n(row_of(batch.targets, row).begin(), prefix - 1, ignored_target);
  batch.prefix.mutable_data<std::int64_t>()[row] = prefix;
  batch.tokens += length - prefix + 1;
}

}  // namespace

PrefixLanguageModeling::PrefixLanguageModeling(const models::PrefixLanguageModel& model,
                                               text::TokenCorpus train,
                                               std::optional<text::TokenCorpus> valid,
                                               const PrefixLanguageModelingOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      windows_(train_.size() - 1, options.context, fold_in(options.seed, window_stream)),
      prefix_seed_(fold_in(options.seed, prefix_stream)) {
  if (options_.context < 2 || options_.context > model.context_length())
    fail_usage("--context is {}, expected 2 to what the model sees, {} tokens", options_.context,
               model.context_length());
  if (options_.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options_.batch_size);
  check(train_.size() > options_.context,
        "the training text has {} tokens, a context of {} needs at least {}: give a longer text or a shorter "
        "context",
        train_.size(), options_.context, options_.context + 1);
  if (valid_)
    check(valid_->size() > 1, "the validation text has {} tokens, expected at least 2", valid_->size());
}

std::int64_t PrefixLanguageModeling::micro_batches_per_epoch() const {
  return (windows_.per_epoch() + options_.batch_size - 1) / options_.batch_size;
}

PrefixBatch PrefixLanguageModeling::batch(const MicroBatchIndex& which) const {
  PrefixBatch batch = empty_batch(options_.batch_size, options_.context);
  const std::int64_t first = which.done() * options_.batch_size;
  for (std::int64_t row = 0; row < options_.batch_size; ++row)
    fill(batch, row, train_, windows_.begin(first + row),
         fold_in(prefix_seed_, static_cast<std::uint64_t>(first + row)));
  return batch;
}

MicroBatchLoss PrefixLanguageModeling::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto [ids, prefix, targets, tokens] = batch(which);
  return {model_.loss(ids, prefix, targets, context), static_cast<double>(tokens)};
}

std::optional<Evaluation> PrefixLanguageModeling::evaluate(const nn::Context& context,
                                                           const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there is no validation text");
  const NoGrad no_grad;
  const std::int64_t tokens = valid_->size() - 1, length = std::min(options_.context, tokens);
  const std::int64_t windows = (tokens + length - 1) / length;
  double sum = 0, counted = 0;
  for (std::int64_t first = 0; first < windows; first += options_.batch_size) {
    if (stopped && stopped()) return std::nullopt;
    const std::int64_t rows = std::min(options_.batch_size, windows - first);
    PrefixBatch batch = empty_batch(rows, length);
    for (std::int64_t row = 0; row < rows; ++row) {
      // The last window moves back so that it is full.
      fill(batch, row, *valid_, std::min((first + row) * length, tokens - length),
           fold_in(evaluation_seed, static_cast<std::uint64_t>(first + row)));
    }
    const auto count = static_cast<double>(batch.tokens);
    sum += count * model_.loss(batch.ids, batch.prefix, batch.targets, context).item();
    counted += count;
  }
  const double loss = sum / counted;
  return Evaluation{loss, {{"perplexity", std::exp(loss)}}};
}

}  // namespace attune::tasks
