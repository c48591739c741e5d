// Forecasters against goldens: the same checks for every family.
#pragma once

#include <algorithm>
#include <string>

#include "attune/autograd/tape.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/nn/attention_weights.h"
#include "attune/ops/ops.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::testing {

inline models::ForecastInputs inputs_of(const Tensor& past) {
  models::ForecastInputs inputs;
  inputs.past = past;
  return inputs;
}

inline models::ForecastInputs inputs_of(const Golden& golden) {
  models::ForecastInputs inputs = inputs_of(golden.floats("past"));
  if (golden.has("observed")) inputs.observed = golden.floats("observed");
  if (golden.has("calendar")) inputs.calendar = golden.floats("calendar");
  if (golden.has("calendar_indices")) inputs.calendar_indices = golden.integers("calendar_indices");
  return inputs;
}

// (B, H, C, Q) in units of the series.
inline Tensor denormalized(const models::ForecastOutput& output) {
  const Tensor outputs = output.outputs;
  if (!output.scale.defined()) return ops::contiguous(outputs);
  const Tensor values = Tensor::empty(outputs.shape());
  const auto from = outputs.to_vector<float>(), location = output.location.to_vector<float>(),
             scale = output.scale.to_vector<float>();
  const auto count = static_cast<std::size_t>(outputs.dim(3)),
             series = static_cast<std::size_t>(outputs.dim(2)),
             steps = static_cast<std::size_t>(outputs.dim(1));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t unit = i / (count * series * steps) * series + i / count % series;
    values.mutable_data<float>()[i] = from[i] * scale[unit] + location[unit];
  }
  return values;
}

// Of a model that normalises each window: where the past is `factor` times as large and moved by `shift`, so
// is the forecast.
inline void expect_forecasts_move_with_the_past(const models::Forecaster& model,
                                                const models::ForecastInputs& inputs) {
  constexpr float factor = 3, shift = 100;
  const NoGrad no_grad;
  models::ForecastInputs moved = inputs;
  moved.past = Tensor::empty(inputs.past.shape());
  std::transform(inputs.past.data<float>(), inputs.past.data<float>() + inputs.past.elements(),
                 moved.past.mutable_data<float>(), [](float x) { return factor * x + shift; });
  auto expected = denormalized(model.forecast(inputs, {})).to_vector<float>();
  for (float& x : expected) x = factor * x + shift;
  const Tensor got = denormalized(model.forecast(moved, {}));
  expect_near(got, Tensor::from(expected, got.shape()), 1e-3, "moved");
}

inline Tensor loss_of(const models::Forecaster& model, const Golden& golden,
                      const nn::Context& context = {}) {
  const auto output = model.teach(inputs_of(golden), {golden.floats("truth")}, context);
  return models::forecast_loss(model.head(), output, golden.floats("truth"), {}, models::PointLoss::mse);
}

// Of point forecasts in the units that the network sees.
inline Tensor squared_error(const models::ForecastOutput& output, const Tensor& truth) {
  const Tensor difference =
      ops::add(ops::reshape(output.outputs, truth.shape()), ops::scale(truth, -1));  // (B, H, C)
  return ops::mean(ops::multiply(difference, difference));
}

// Point forecasts and their loss.
inline void expect_forecast(const models::Forecaster& model, const Golden& golden, double tolerance) {
  const NoGrad no_grad;
  expect_near(models::point_forecast(model.head(), model.forecast(inputs_of(golden), {})),
              golden.floats("forecast"), tolerance, "forecast");
  EXPECT_NEAR(loss_of(model, golden).item(), golden.floats("loss").item(), tolerance);
}

// `factor`: the golden's loss is that many times ours.
inline void expect_gradients(const models::Forecaster& model, const Golden& golden, double tolerance,
                             const nn::Context& context = {}, double factor = 1) {
  for (const auto& parameter : model.parameters().all())
    if (parameter.trained) require_gradient(parameter.tensor);
  backward(loss_of(model, golden, context), Tensor::full({}, factor));
  for (const auto& parameter : model.parameters().all()) {
    if (!parameter.trained) continue;
    const Tensor gradient = gradient_of(parameter.tensor);
    ASSERT_TRUE(gradient.defined()) << parameter.name;
    expect_near(gradient, golden.like("grad.", model.weight_table(), parameter), tolerance, parameter.name);
  }
}

// Ten steps of AdamW on one batch, as make_gpt2.py describes them.
inline void expect_adamw(const models::Forecaster& model, const Golden& golden) {
  train::Arena arena(model.parameters());
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                     .beta1 = 0.9,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-5,
                                     .weight_decay = 0.1});
  const auto losses = golden.floats("adamw.losses").to_vector<float>();
  const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const Tensor loss = loss_of(model, golden);
    EXPECT_NEAR(loss.item(), losses[step], 1e-4 * (1 + losses[step])) << "step " << step;
    backward(loss);
    EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3 * (1 + norms[step])) << "step " << step;
    optimizer.step(1e-3);
  }
  for (const auto& parameter : model.parameters().all()) {
    if (!parameter.trained) continue;
    const Tensor expected = golden.like("adamw.after.", model.weight_table(), parameter);
    if (!parameter.name.ends_with("query_key_value.bias")) {
      expect_near(parameter.tensor, expected, 1e-4, parameter.name);
      continue;
    }
    // The gradient of the keys' bias is zero in exact arithmetic, and Adam makes steps of its rounding.
    const std::int64_t width = expected.dim(0) / 3;
    for (const std::int64_t part : {0, 2}) {
      const auto of = [&](const Tensor& x) { return ops::slice(x, 0, part * width, (part + 1) * width); };
      expect_near(of(detach(parameter.tensor)), of(expected), 1e-4, parameter.name);
    }
  }
}

}  // namespace attune::testing
