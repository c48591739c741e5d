#include "attune/train/optimizer.h"

#include <cmath>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"

namespace attune::train {
namespace {

struct AdamStep {
  float beta1, beta2, epsilon, gradient_scale;
  float decay = 1;        // multiplies the parameter: adamw
  float penalty = 0;      // times the parameter is added to the gradient: adam
  float step_size;        // learning rate / (1 - beta1^t)
  float sqrt_correction;  // sqrt(1 - beta2^t)
};

void adam(const AdamStep& step, float* parameters, const float* gradients, float* average,
          float* square_average, bfloat16* copies, std::int64_t count) {
  cpu::parallel_for(count, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float gradient = gradients[i] * step.gradient_scale + step.penalty * parameters[i];
      average[i] += (1 - step.beta1) * (gradient - average[i]);
      square_average[i] = step.beta2 * square_average[i] + (1 - step.beta2) * gradient * gradient;
      const float denominator = std::sqrt(square_average[i]) / step.sqrt_correction + step.epsilon;
      parameters[i] = step.decay * parameters[i] - step.step_size * average[i] / denominator;
      if (copies != nullptr) copies[i] = bfloat16(parameters[i]);
    }
  });
}

struct SgdStep {
  float learning_rate, momentum, weight_decay, gradient_scale;
};

// `buffer` may be null (no momentum), and so may `copies`.
void sgd(const SgdStep& step, float* parameters, const float* gradients, float* buffer, bfloat16* copies,
         std::int64_t count) {
  cpu::parallel_for(count, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      float change = gradients[i] * step.gradient_scale + step.weight_decay * parameters[i];
      if (buffer != nullptr) change = buffer[i] = step.momentum * buffer[i] + change;
      parameters[i] -= step.learning_rate * change;
      if (copies != nullptr) copies[i] = bfloat16(parameters[i]);
    }
  });
}

}  // namespace

std::string_view name_of(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::adamw:
      return "adamw";
    case OptimizerKind::adam:
      return "adam";
    case OptimizerKind::sgd:
      return "sgd";
  }
  fail("unknown optimizer");
}

OptimizerKind parse_optimizer_kind(std::string_view name) {
  for (const auto kind : {OptimizerKind::adamw, OptimizerKind::adam, OptimizerKind::sgd}) {
    if (name == name_of(kind)) return kind;
  }
  fail_usage("--optimizer is \"{}\", expected adamw, adam or sgd", name);
}

Optimizer::Optimizer(Arena& arena, const OptimizerOptions& options) : arena_(arena), options_(options) {
  const bool adam = options.kind != OptimizerKind::sgd;
  if (adam || options.momentum != 0) first_moment_ = arena.make_flat();
  if (adam) second_moment_ = arena.make_flat();
}

void Optimizer::step(double learning_rate, double gradient_scale) {
  ++steps_done_;
  const std::int64_t decayed = arena_.decayed_size();
  update(0, decayed, options_.weight_decay, learning_rate, gradient_scale);
  update(decayed, arena_.size(), 0, learning_rate, gradient_scale);
  arena_.clear_gradients();
}

void Optimizer::update(std::int64_t begin, std::int64_t end, double weight_decay, double learning_rate,
                       double gradient_scale) {
  const float* gradients = arena_.gradients().data<float>() + begin;
  float* parameters = arena_.parameters().mutable_data<float>() + begin;
  float* first = first_moment_.defined() ? first_moment_.mutable_data<float>() + begin : nullptr;
  bfloat16* copies = arena_.copies().defined() ? arena_.copies().mutable_data<bfloat16>() + begin : nullptr;
  if (options_.kind == OptimizerKind::sgd) {
    const SgdStep step{static_cast<float>(learning_rate), static_cast<float>(options_.momentum),
                       static_cast<float>(weight_decay), static_cast<float>(gradient_scale)};
    sgd(step, parameters, gradients, first, copies, end - begin);
    return;
  }
  const bool decoupled = options_.kind == OptimizerKind::adamw;
  const auto t = static_cast<double>(steps_done_);
  const AdamStep step{.beta1 = static_cast<float>(options_.beta1),
                      .beta2 = static_cast<float>(options_.beta2),
                      .epsilon = static_cast<float>(options_.epsilon),
                      .gradient_scale = static_cast<float>(gradient_scale),
                      .decay = decoupled ? static_cast<float>(1 - learning_rate * weight_decay) : 1,
                      .penalty = decoupled ? 0 : static_cast<float>(weight_decay),
                      .step_size = static_cast<float>(learning_rate / (1 - std::pow(options_.beta1, t))),
                      .sqrt_correction = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, t)))};
  adam(step, parameters, gradients, first, second_moment_.mutable_data<float>() + begin, copies, end - begin);
}

std::vector<Optimizer::State> Optimizer::state() const {
  const bool adam = options_.kind != OptimizerKind::sgd;
  std::vector<State> state;
  for (const Segment& segment : arena_.segments()) {
    if (first_moment_.defined())
      state.push_back(
          {(adam ? "exp_avg." : "momentum_buffer.") + segment.name, arena_.window(first_moment_, segment)});
    if (second_moment_.defined())
      state.push_back({"exp_avg_sq." + segment.name, arena_.window(second_moment_, segment)});
  }
  return state;
}

}  // namespace attune::train
