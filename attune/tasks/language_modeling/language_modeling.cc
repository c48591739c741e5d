#include "attune/tasks/language_modeling/language_modeling.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// Sets the draws of windows apart from those of the parameters' first values, which have the same seed.
constexpr std::uint64_t window_stream = 0x5eed0fba7c4;

void expect_sizes(const models::CausalLanguageModel& model, std::int64_t context, std::int64_t stride,
                  std::int64_t batch_size) {
  if (context < 1 || context > model.context_length())
    fail_usage("--context is {}, expected 1 to what the model sees, {} tokens", context,
               model.context_length());
  if (stride < 1 || stride > context)
    fail_usage("the evaluation stride is {}, expected 1 to the context of {}", stride, context);
  if (batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", batch_size);
}

// Windows of a text, as rows of a batch.
class Batch {
 public:
  Batch(const text::TokenCorpus& text, std::int64_t rows, std::int64_t length)
      : text_(text),
        ids_(Tensor::empty({rows, length}, DType::int64)),
        targets_(Tensor::empty({rows, length}, DType::int64)) {}

  // The window of ids that begins at `begin`, and the tokens that follow each of them.
  void fill(std::int64_t row, std::int64_t begin) {
    text_.read(begin, row_of(ids_, row));
    text_.read(begin + 1, row_of(targets_, row));
  }
  // The first `count` targets of a row do not count.
  void ignore(std::int64_t row, std::int64_t count) {
    std::fill_n(row_of(targets_, row).begin(), count, ignored_target);
  }

  const Tensor& ids() const { return ids_; }          // (B, T)
  const Tensor& targets() const { return targets_; }  // (B, T)

 private:
  const text::TokenCorpus& text_;
  Tensor ids_, targets_;
};

}  // namespace

LanguageModeling::LanguageModeling(const models::CausalLanguageModel& model, text::TokenCorpus train,
                                   std::optional<text::TokenCorpus> valid,
                                   const LanguageModelingOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      windows_(train_.size() - 1, options.context, options.seed ^ window_stream) {
  if (options_.eval_stride == 0) options_.eval_stride = options_.context;
  expect_sizes(model, options_.context, options_.eval_stride, options_.batch_size);
  check(train_.size() > options_.context,
        "the training text has {} tokens, a context of {} needs at least {}: give a longer text or a shorter "
        "context",
        train_.size(), options_.context, options_.context + 1);
  if (valid_)
    check(valid_->size() > 1, "the validation text has {} tokens, expected at least 2", valid_->size());
}

std::int64_t LanguageModeling::micro_batches_per_epoch() const {
  return (windows_.per_epoch() + options_.batch_size - 1) / options_.batch_size;
}

MicroBatchLoss LanguageModeling::loss(const MicroBatchIndex& which, const nn::Context& context) {
  Batch batch(train_, options_.batch_size, options_.context);
  const std::int64_t first = which.done() * options_.batch_size;
  for (std::int64_t row = 0; row < options_.batch_size; ++row) batch.fill(row, windows_.begin(first + row));
  return {model_.loss(batch.ids(), batch.targets(), context), static_cast<double>(batch.ids().elements())};
}

std::optional<Evaluation> LanguageModeling::evaluate(const nn::Context& context,
                                                     const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there is no validation text");
  const auto result = evaluate_language_model(model_, *valid_, options_.context, options_.eval_stride,
                                              options_.batch_size, context, stopped);
  if (!result) return std::nullopt;
  return Evaluation{result->loss,
                    {{"perplexity", result->perplexity}, {"bits_per_byte", result->bits_per_byte}}};
}

std::optional<LanguageModelEvaluation> evaluate_language_model(const models::CausalLanguageModel& model,
                                                               const text::TokenCorpus& text,
                                                               std::int64_t context, std::int64_t stride,
                                                               std::int64_t batch_size,
                                                               const nn::Context& how,
                                                               const std::function<bool()>& stopped) {
  expect_sizes(model, context, stride, batch_size);
  check(text.size() > 1, "the text has {} tokens, expected at least 2", text.size());
  const NoGrad no_grad;
  const std::int64_t tokens = text.size() - 1;  // the last one is only predicted
  const std::int64_t length = std::min(context, tokens);
  const std::int64_t windows = 1 + (tokens - length + stride - 1) / stride;
  double sum = 0;
  std::int64_t counted = 0;
  for (std::int64_t first = 0; first < windows; first += batch_size) {
    if (stopped && stopped()) return std::nullopt;
    const std::int64_t rows = std::min(batch_size, windows - first);
    Batch batch(text, rows, length);
    for (std::int64_t row = 0; row < rows; ++row) {
      // The last window moves back so that it is full; what was counted before does not count again.
      const std::int64_t begin = std::min((first + row) * stride, tokens - length);
      batch.fill(row, begin);
      batch.ignore(row, counted - begin);
      counted = begin + length;
    }
    sum += sum_of_losses(model.token_losses(batch.ids(), batch.targets(), how), batch.targets());
  }
  const double loss = sum / static_cast<double>(tokens);
  return LanguageModelEvaluation{loss, std::exp(loss),
                                 sum / std::numbers::ln2 / static_cast<double>(text.bytes()), tokens};
}

}  // namespace attune::tasks
