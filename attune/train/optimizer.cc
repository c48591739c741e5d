#include "attune/train/optimizer.h"

#include "attune/backend/cpu/optimizer.h"
#include "attune/base/error.h"

namespace attune::train {

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
  for (const UpdateRange& range : arena_.ranges()) update(range, learning_rate, gradient_scale);
  arena_.clear_gradients();
}

void Optimizer::update(const UpdateRange& what, double learning_rate, double gradient_scale) {
  const std::int64_t begin = what.begin;
  const double rate = learning_rate * what.learning_rate_factor;
  const double weight_decay = what.decayed ? options_.weight_decay : 0;
  const cpu::ParameterRange range{
      .parameter = arena_.parameters().mutable_data<float>() + begin,
      .gradient = arena_.gradients().data<float>() + begin,
      .copy = arena_.copies().defined() ? arena_.copies().mutable_data<bfloat16>() + begin : nullptr,
      .n = what.end - begin,
      .gradient_scale = static_cast<float>(gradient_scale)};
  const auto moment = [&](const Tensor& flat) {
    return flat.defined() ? flat.mutable_data<float>() + begin : nullptr;
  };
  if (options_.kind == OptimizerKind::sgd) {
    cpu::sgd_step({rate, options_.momentum, weight_decay}, range, moment(first_moment_));
    return;
  }
  const cpu::AdamOptions adam{.learning_rate = rate,
                              .beta1 = options_.beta1,
                              .beta2 = options_.beta2,
                              .epsilon = options_.epsilon,
                              .weight_decay = weight_decay,
                              .decoupled_decay = options_.kind == OptimizerKind::adamw,
                              .step = steps_done_};
  cpu::adam_step(adam, range, moment(first_moment_), moment(second_moment_));
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
