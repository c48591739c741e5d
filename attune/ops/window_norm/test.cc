#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attune/ops/window_norm/window_norm.h"
#include "attune/tensor/random.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

using Options = ops::WindowNormOptions;
constexpr auto magnitude = Options::Scale::magnitude;

// x and observed (B, T, C): values (B, C, T), location and scale (B, 1, C).
Arrays normed(const std::vector<double>& x, const std::vector<double>& observed, const Shape& shape,
              const Options& options) {
  const std::int64_t steps = shape[1], channels = shape[2];
  Arrays out(3);
  for (std::int64_t b = 0; b < shape[0]; ++b) {
    for (std::int64_t c = 0; c < channels; ++c) {
      std::vector<double> all, seen;
      std::vector<bool> missing;
      for (std::int64_t t = 0; t < steps; ++t) {
        const auto at = static_cast<std::size_t>((b * steps + t) * channels + c);
        all.push_back(x[at]);
        missing.push_back(!observed.empty() && observed[at] == 0);
        if (!missing.back()) seen.push_back(x[at]);
      }
      double mean = 0, variance = 0, size = 0;
      const double count = std::max(1.0, static_cast<double>(seen.size()));
      for (double v : seen) mean += v / count;
      for (double v : seen) variance += (v - mean) * (v - mean) / count;
      for (double v : seen) size += std::abs(v) / count;
      const bool by_size = options.scale == magnitude;
      const double location = by_size ? 0 : mean;
      const double scale = by_size ? size : std::sqrt(variance + options.epsilon);
      for (std::size_t t = 0; t < all.size(); ++t)
        out[0].push_back(missing[t] && options.missing_at_mean ? 0 : (all[t] - location) / scale);
      out[1].push_back(location);
      out[2].push_back(scale);
    }
  }
  return out;
}

OpCase norm_case(std::string label, Shape shape, Options options = {}) {
  OpCase one{.op = "window_norm", .label = std::move(label)};
  one.inputs = {{.shape = shape, .low = -2, .high = 3, .differentiable = false}};
  one.forward = [options](const Inputs& in) {
    const auto [values, location, scale] = ops::window_norm(in[0], {}, options);
    return Outputs{values, location, scale};
  };
  one.reference = [shape, options](const Arrays& a) { return normed(a[0], {}, shape, options); };
  one.dtypes = {DType::float32};
  one.has_gradient = false;
  return one;
}

OpCase masked(std::string label, Options options) {
  OpCase one = norm_case(std::move(label), {3, 21, 4}, options);
  one.inputs.push_back({.shape = {3, 21, 4}, .kind = Input::Kind::indices, .low = 0, .high = 2});
  const auto of_type = [](const Tensor& integers, DType dtype) {
    const Tensor mask = Tensor::empty(integers.shape(), dtype);
    const auto values = integers.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (dtype == DType::float64) mask.mutable_data<double>()[i] = static_cast<double>(values[i]);
      if (dtype == DType::float32) mask.mutable_data<float>()[i] = static_cast<float>(values[i]);
    }
    return mask;
  };
  one.forward = [options, of_type](const Inputs& in) {
    const auto [values, location, scale] = ops::window_norm(in[0], of_type(in[1], in[0].dtype()), options);
    return Outputs{values, location, scale};
  };
  one.reference = [options](const Arrays& a) { return normed(a[0], a[1], {3, 21, 4}, options); };
  return one;
}

OpCase bad_inputs() {
  OpCase one = norm_case("bad inputs", {2, 3, 1});
  one.errors = {{{{.shape = {2, 3}}}, {"window_norm: x is float32 [2, 3]", "(B, T, C)"}},
                {{{.shape = {2, 3, 1}, .kind = Input::Kind::indices}}, {"x is int64"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = norm_case("iTransformer", {32, 96, 7});
  one.bytes = 2.0 * 4 * 32 * 96 * 7;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    norm_case("odd sizes", {3, 19, 5}),
    norm_case("one step", {2, 1, 3}, {.epsilon = 0.1}),
    norm_case("windows for several threads", {50, 96, 7}),
    norm_case("by magnitude", {3, 8, 2}, {.scale = magnitude}),
    masked("missing values at the mean", {}),
    masked("missing values as they are", {.missing_at_mean = false}),
    masked("missing values by magnitude", {.scale = magnitude}),
    bad_inputs(),
    benchmark(),
});

TEST(WindowNorm, AMaskThatHidesNothingChangesNothing) {
  Generator generator{.seed = 3};
  const Tensor x = random_normal({4, 30, 3}, 2, 5, generator), all = Tensor::full(x.shape(), 1);
  for (const auto scale : {Options::Scale::deviation, magnitude}) {
    const auto plain = ops::window_norm(x, {}, {.scale = scale});
    const auto masked = ops::window_norm(x, all, {.scale = scale});
    EXPECT_EQ(plain.values.to_vector<float>(), masked.values.to_vector<float>());
    EXPECT_EQ(plain.location.to_vector<float>(), masked.location.to_vector<float>());
    EXPECT_EQ(plain.scale.to_vector<float>(), masked.scale.to_vector<float>());
  }
}

TEST(WindowNorm, AWindowThatIsMissingIsZero) {
  const Tensor x = Tensor::from<float>({4, 6, 0, 0}, {2, 2, 1});
  const Tensor observed = Tensor::from<float>({1, 1, 0, 0}, {2, 2, 1});
  const auto norm = ops::window_norm(x, observed);
  EXPECT_EQ(norm.values.to_vector<float>()[2], 0);
  EXPECT_FLOAT_EQ(norm.scale.to_vector<float>()[1], std::sqrt(1e-5F));
  const auto by_size = ops::window_norm(x, observed, {.scale = magnitude});
  EXPECT_FLOAT_EQ(by_size.scale.to_vector<float>()[1], 5);  // of the batch
}

}  // namespace
}  // namespace attune::testing
