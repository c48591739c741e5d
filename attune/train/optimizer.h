// The update of the parameters from their gradients, in one pass over flat memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/train/arena.h"

namespace attune::train {

enum class OptimizerKind { adamw, adam, sgd };

std::string_view name_of(OptimizerKind kind);
// Throws UsageError that lists the names.
OptimizerKind parse_optimizer_kind(std::string_view name);

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adamw;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  // adamw, adam
  double momentum = 0;                                // sgd
  double weight_decay = 0;                            // of weight matrices; see Arena
};

// PyTorch's formulas. With g the gradient times gradient_scale, w the parameter, t the number of the step:
//   adamw  w -= lr wd w;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
//          w -= lr / (1-b1^t) m / (sqrt(v / (1-b2^t)) + eps)          (Loshchilov and Hutter, 1711.05101)
//   adam   g += wd w, and then m, v and w as above                    (Kingma and Ba, 1412.6980)
//   sgd    g += wd w;  m = momentum m + g;  w -= lr m
// A parameter without a gradient counts as one whose gradient is zero.
class Optimizer {
 public:
  Optimizer(Arena& arena, const OptimizerOptions& options);

  // One update by the gradients of the arena, which are used up, each times `gradient_scale` (see
  // clip_scale), at `learning_rate` times what the arena says for each parameter. Writes the arena's bfloat16
  // copies in the same pass.
  void step(double learning_rate, double gradient_scale = 1);

  std::int64_t steps_done() const { return steps_done_; }
  void set_steps_done(std::int64_t steps) { steps_done_ = steps; }

  // The running averages, one tensor for each kind and parameter, to be saved and restored:
  // "exp_avg.NAME", "exp_avg_sq.NAME" (adamw, adam), "momentum_buffer.NAME" (sgd with momentum).
  struct State {
    std::string name;
    Tensor tensor;
  };
  std::vector<State> state() const;

 private:
  void update(const UpdateRange& what, double learning_rate, double gradient_scale);

  Arena& arena_;
  OptimizerOptions options_;
  std::int64_t steps_done_ = 0;
  Tensor first_moment_, second_moment_;  // (size) each, when the kind has them
};

}  // namespace attune::train
