// What a model is trained for: objective, batches and metrics, as the trainer sees them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/nn/context.h"
#include "attune/tensor/tensor.h"

namespace attune::tasks {

// Which micro-batch: a step of the optimizer takes `per_step` of them (gradient accumulation).
struct MicroBatchIndex {
  std::int64_t step = 0;   // steps of the optimizer done before
  std::int64_t index = 0;  // in [0, per_step)
  std::int64_t per_step = 1;

  // Micro-batches before it, since the beginning of training.
  std::int64_t done() const { return step * per_step + index; }
};

struct MicroBatchLoss {
  Tensor loss;        // one element: the mean over what counts in the micro-batch
  double weight = 1;  // how much counts: its number of units (tokens, texts)
};

struct Evaluation {
  double loss = 0;                                      // the smaller, the better the model
  std::vector<std::pair<std::string, double>> metrics;  // others by name: {"perplexity", 8.2}
};

class Task {
 public:
  virtual ~Task() = default;

  // The loss of a micro-batch, on the tape. What the batch holds is a pure function of `which` and the task's
  // seed, so that a run can be continued exactly.
  virtual MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) = 0;

  // What the weights of micro-batches count, in the plural.
  virtual std::string_view unit() const { return "tokens"; }

  // Micro-batches that go once through the data.
  virtual std::int64_t micro_batches_per_epoch() const = 0;

  virtual bool has_validation() const = 0;
  // Of Evaluation::metrics, in their order, whether or not there was an evaluation yet.
  virtual std::vector<std::string> metric_names() const = 0;
  // Over the whole validation data. Asks `stopped` now and then; nothing when it was stopped.
  virtual std::optional<Evaluation> evaluate(const nn::Context& context,
                                             const std::function<bool()>& stopped) = 0;
};

}  // namespace attune::tasks
