#include "attune/tasks/language_modeling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attune/autograd/tape.h"
#include "attune/tasks/shuffle.h"

namespace attune::tasks {
namespace {

constexpr std::int64_t ignored = -100;

void expect_long_enough(const text::TokenCorpus& text, std::int64_t context, const char* which) {
  check(text.size() > context, "the {} text has {} tokens, a context of {} needs at least {}", which,
        text.size(), context, context + 1);
}

}  // namespace

LanguageModeling::LanguageModeling(const models::CausalLanguageModel& model, text::TokenCorpus train,
                                   std::optional<text::TokenCorpus> valid,
                                   const LanguageModelingOptions& options)
    : model_(model), train_(std::move(train)), valid_(std::move(valid)), options_(options) {
  check(options_.context >= 1 && options_.context <= model.context_length(),
        "a context of {} tokens, the model sees at most {}", options_.context, model.context_length());
  if (options_.eval_stride == 0) options_.eval_stride = options_.context;
  if (options_.eval_stride < 1 || options_.eval_stride > options_.context) {
    fail_usage("the evaluation stride is {}, expected 1 to the context of {}", options_.eval_stride,
               options_.context);
  }
  expect_long_enough(train_, options_.context, "training");
  if (valid_)
    check(valid_->size() > 1, "the validation text has {} tokens, expected at least 2", valid_->size());
}

std::int64_t LanguageModeling::micro_batches_per_epoch() const {
  return (blocks() + options_.batch_size - 1) / options_.batch_size;
}

std::int64_t LanguageModeling::window_begin(std::int64_t micro_batch, std::int64_t row) const {
  if (options_.shuffled_epochs) {
    // The rows of the run in order, epoch after epoch; the last micro-batch of an epoch reaches into the
    // next.
    const std::int64_t at = micro_batch * options_.batch_size + row, epoch = at / blocks();
    const auto block =
        shuffled(static_cast<std::uint64_t>(at % blocks()), static_cast<std::uint64_t>(blocks()),
                 options_.seed, static_cast<std::uint64_t>(epoch));
    return static_cast<std::int64_t>(block) * options_.context;
  }
  Generator generator{.seed = options_.seed ^ 0x5eed0fba7c4,
                      .counter = static_cast<std::uint64_t>(micro_batch * options_.batch_size + row)};
  return static_cast<std::int64_t>(
      uniform_integer(generator, static_cast<std::uint64_t>(train_.size() - options_.context)));
}

MicroBatchLoss LanguageModeling::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const std::int64_t batch = options_.batch_size, length = options_.context;
  const Tensor ids = Tensor::empty({batch, length}, DType::int64);      // (B, T)
  const Tensor targets = Tensor::empty({batch, length}, DType::int64);  // (B, T)
  std::vector<std::int64_t> window(static_cast<std::size_t>(length) + 1);
  for (std::int64_t row = 0; row < batch; ++row) {
    train_.read(window_begin(which.step * which.per_step + which.index, row), std::span(window));
    std::copy_n(window.begin(), length, ids.mutable_data<std::int64_t>() + row * length);
    std::copy_n(window.begin() + 1, length, targets.mutable_data<std::int64_t>() + row * length);
  }
  return {model_.loss(ids, targets, context), static_cast<double>(batch * length)};
}

std::optional<Evaluation> LanguageModeling::evaluate(const nn::Context& context,
                                                     const std::function<bool()>& stopped) {
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
  check(text.size() > 1, "the text has {} tokens, expected at least 2", text.size());
  NoGrad no_grad;
  const std::int64_t last = text.size() - 1;  // the last token is only predicted
  const std::int64_t length = std::min(context, last);
  double sum = 0;
  std::int64_t counted = 0;
  for (std::int64_t begin = 0; counted < last;) {
    std::vector<std::int64_t> ids, targets;
    std::vector<std::int64_t> window(static_cast<std::size_t>(length) + 1);
    std::int64_t rows = 0, scheduled = counted;
    for (; rows < batch_size && scheduled < last; ++rows, begin += stride) {
      // The last window moves back so that it is full; what was counted before is ignored there.
      const std::int64_t at = std::min(begin, last - length);
      text.read(at, std::span(window));
      ids.insert(ids.end(), window.begin(), window.end() - 1);
      for (std::int64_t t = 0; t < length; ++t) {
        targets.push_back(at + t >= scheduled ? window[static_cast<std::size_t>(t) + 1] : ignored);
      }
      scheduled = at + length;
    }
    const Shape shape{rows, length};
    const Tensor losses =
        model.token_losses(Tensor::from(ids, shape), Tensor::from(targets, shape), how);  // (B, T)
    const auto values = losses.to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i) sum += targets[i] == ignored ? 0 : values[i];
    counted = scheduled;
    if (stopped && stopped()) return std::nullopt;
  }
  const double loss = sum / static_cast<double>(last);
  return LanguageModelEvaluation{loss, std::exp(loss),
                                 sum / std::numbers::ln2 / static_cast<double>(text.bytes()), last};
}

}  // namespace attune::tasks
