#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "attune/autograd/tape.h"
#include "attune/ops/forecast_loss/forecast_loss.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

using Kind = ops::ForecastLossKind;
using Options = ops::ForecastLossOptions;

double squareplus(double x) { return (x + std::sqrt(x * x + 4)) / 2; }

// The loss of one value from its outputs after de-normalisation (student_t: before it, in units of scale).
double loss_of(const Options& options, const double* out, double truth, double location, double scale) {
  const double e = out[0] * scale + location - truth;
  switch (options.kind) {
    case Kind::mse:
      return e * e;
    case Kind::mae:
      return std::abs(e);
    case Kind::huber:
      return std::abs(e) < 1 ? e * e / 2 : std::abs(e) - 0.5;
    case Kind::quantile: {
      double sum = 0;
      for (std::size_t q = 0; q < options.levels.size(); ++q) {
        const double off = truth - (out[q] * scale + location), level = options.levels[q];
        sum += off >= 0 ? level * off : (level - 1) * off;
      }
      return sum / static_cast<double>(options.levels.size());
    }
    case Kind::student_t: {
      const double df = 2 + squareplus(out[0]), spread = squareplus(out[2]) * scale;
      const double z = (truth - (out[1] * scale + location)) / spread;
      return std::lgamma(df / 2) - std::lgamma((df + 1) / 2) + 0.5 * std::log(df * std::numbers::pi) +
             std::log(spread) + (df + 1) / 2 * std::log1p(z * z / df);
    }
  }
  return 0;
}

// Inputs: outputs (B, H, C, Q), truth (B, H, C), and then location and scale (B, 1, C), if there are any.
OpCase loss_case(std::string label, Shape outputs, Options options, bool with_units = true) {
  OpCase one{.op = "forecast_loss", .label = std::move(label)};
  const std::int64_t windows = outputs[0], steps = outputs[1], series = outputs[2], count = outputs[3];
  constexpr auto parameter = Input::Kind::parameter;
  one.inputs = {
      {.shape = outputs, .low = -2, .high = 2},
      {.shape = {windows, steps, series}, .kind = parameter, .low = -3, .high = 3, .differentiable = false}};
  if (with_units) {
    one.inputs.push_back({.shape = {windows, 1, series}, .kind = parameter, .differentiable = false});
    one.inputs.push_back(
        {.shape = {windows, 1, series}, .kind = parameter, .low = 0.5, .high = 2, .differentiable = false});
  }
  one.forward = [options, with_units](const Inputs& in) {
    Options all = options;
    if (with_units) all.location = in[2];
    if (with_units) all.scale = in[3];
    return Outputs{ops::forecast_loss(in[0], in[1], all)};
  };
  one.reference = [=](const Arrays& a) {
    double sum = 0;
    for (std::size_t i = 0; i < a[1].size(); ++i) {
      const auto window = i / static_cast<std::size_t>(steps * series);
      const auto unit = window * static_cast<std::size_t>(series) + i % static_cast<std::size_t>(series);
      sum += loss_of(options, a[0].data() + i * static_cast<std::size_t>(count), a[1][i],
                     with_units ? a[2][unit] : 0, with_units ? a[3][unit] : 1);
    }
    return Arrays{{sum / static_cast<double>(a[1].size())}};
  };
  return one;
}

// The outputs as a layer gives them: (B, C, Q, H) in memory.
OpCase transposed(std::string label, Options options, std::int64_t count) {
  OpCase one = loss_case(std::move(label), {2, 3, 4, count}, options, false);
  one.inputs[0].shape = {2, 4, count, 3};
  one.forward = [options](const Inputs& in) {
    const Tensor outputs = ops::transpose(ops::transpose(in[0], 1, 3), 2, 3);  // (B, H, C, Q)
    return Outputs{ops::forecast_loss(outputs, in[1], options)};
  };
  one.reference = [options, count](const Arrays& a) {
    double sum = 0;
    for (std::int64_t b = 0; b < 2; ++b) {
      for (std::int64_t h = 0; h < 3; ++h) {
        for (std::int64_t c = 0; c < 4; ++c) {
          std::vector<double> out;
          for (std::int64_t q = 0; q < count; ++q)
            out.push_back(a[0][static_cast<std::size_t>(((b * 4 + c) * count + q) * 3 + h)]);
          sum += loss_of(options, out.data(), a[1][static_cast<std::size_t>((b * 3 + h) * 4 + c)], 0, 1);
        }
      }
    }
    return Arrays{{sum / 24}};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = loss_case("bad inputs", {2, 3, 4, 1}, {}, false);
  const auto at = [](Shape shape) { return Input{.shape = shape, .differentiable = false}; };
  one.errors = {
      {{at({2, 3, 4}), at({2, 3, 4})}, {"forecast_loss: outputs are float32 [2, 3, 4]", "(B, H, C, Q)"}},
      {{at({2, 3, 4, 2}), at({2, 3, 4})}, {"2 outputs for each value, expected 1"}},
      {{at({2, 3, 4, 1}), at({2, 4, 3})}, {"truth is float32 [2, 4, 3], expected float32 [2, 3, 4]"}}};
  return one;
}

OpCase benchmark(std::string label, Options options, std::int64_t count) {
  OpCase one = loss_case(std::move(label), {32, 96, 7, count}, options);
  one.bytes = 4.0 * 32 * 96 * 7 * static_cast<double>(count + 1);
  one.backward_factor = 1.5;
  one.benchmark_only = true;
  return one;
}

const Options quantiles{.kind = Kind::quantile, .levels = {0.1, 0.5, 0.75}};

const RegisterOp registered({
    loss_case("mse", {3, 5, 2, 1}, {.kind = Kind::mse}),
    loss_case("mae", {3, 5, 2, 1}, {.kind = Kind::mae}),
    loss_case("huber", {3, 5, 2, 1}, {.kind = Kind::huber}),
    loss_case("quantiles", {3, 5, 2, 3}, quantiles),
    loss_case("student t", {3, 5, 2, 3}, {.kind = Kind::student_t}),
    loss_case("without units", {2, 3, 1, 1}, {}, false),
    loss_case("several windows", {5, 40, 5, 1}, {}),
    loss_case("student t, several windows", {4, 12, 7, 3}, {.kind = Kind::student_t}),
    transposed("laid out as a layer gives it", {}, 1),
    transposed("quantiles as a layer gives them", quantiles, 3),
    bad_inputs(),
    benchmark("mse of iTransformer", {}, 1),
    benchmark("student t of PatchTST", {.kind = Kind::student_t}, 3),
});

TEST(ForecastLoss, WhatIsNotObservedDoesNotCount) {
  const Tensor outputs = Tensor::from<float>({1, 2, 3, 4}, {1, 2, 2, 1});
  const Tensor truth = Tensor::from<float>({0, 0, 1, 0}, {1, 2, 2});
  const Tensor observed = Tensor::from<float>({1, 0, 1, 0}, {1, 2, 2});
  require_gradient(outputs);
  const Tensor loss = ops::forecast_loss(outputs, truth, {.observed = observed});
  EXPECT_FLOAT_EQ(static_cast<float>(loss.item()), (1 + 4) / 2.0F);
  backward(loss);
  EXPECT_EQ(gradient_of(outputs).to_vector<float>(), (std::vector<float>{1, 0, 2, 0}));
  const Tensor nothing = ops::forecast_loss(outputs, truth, {.observed = Tensor::zeros({1, 2, 2})});
  EXPECT_EQ(nothing.item(), 0);
}

TEST(ForecastLoss, KnowsTheRatioOfGammaFunctions) {
  for (const double a : {1.0, 1.3, 2.5, 7.9, 8.0, 30.0, 1e4}) {
    EXPECT_NEAR(ops::half_step_of_gamma(a).log, std::lgamma(a + 0.5) - std::lgamma(a), 1e-10 * (1 + a));
    const double h = 1e-3 * a;
    const auto at = [](double x) { return ops::half_step_of_gamma(x).log; };
    const double slope = (8 * (at(a + h) - at(a - h)) - (at(a + 2 * h) - at(a - 2 * h))) / (12 * h);
    if (a > 1.1) {
      EXPECT_NEAR(ops::half_step_of_gamma(a).derivative, slope, 1e-9) << a;
    }
  }
}

TEST(ForecastLoss, AFarOffTruthGivesFiniteStudentTGradients) {
  const Tensor outputs = Tensor::from<float>({-40, 0, -3e4F}, {1, 1, 1, 3});
  require_gradient(outputs);
  backward(ops::forecast_loss(outputs, Tensor::full({1, 1, 1}, 100), {.kind = Kind::student_t}));
  for (const float g : gradient_of(outputs).to_vector<float>()) EXPECT_TRUE(std::isfinite(g)) << g;
}

TEST(ForecastLoss, TruthAndUnitsHaveNoGradient) {
  const Tensor outputs = Tensor::zeros({1, 2, 1, 1}), truth = Tensor::zeros({1, 2, 1});
  require_gradient(truth);
  EXPECT_THROW(ops::forecast_loss(outputs, truth, {}), Error);
  EXPECT_THROW(ops::forecast_loss(outputs, detach(truth), {.location = Tensor::zeros({1, 1, 1})}), Error);
}

}  // namespace
}  // namespace attune::testing
