#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/layer_norm/layer_norm.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

std::vector<double> normed(const std::vector<double>& x, const std::vector<double>& weight,
                           const std::vector<double>& bias, double epsilon) {
  const std::size_t width = weight.size();
  std::vector<double> y;
  for (std::size_t row = 0; row < x.size(); row += width) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < width; ++i) {
      mean += x[row + i] / static_cast<double>(width);
      square += x[row + i] * x[row + i] / static_cast<double>(width);
    }
    for (std::size_t i = 0; i < width; ++i) {
      const double deviation = std::sqrt(square - mean * mean + epsilon);
      y.push_back((x[row + i] - mean) / deviation * weight[i] + (bias.empty() ? 0 : bias[i]));
    }
  }
  return y;
}

OpCase norm_case(std::string label, Shape x, double epsilon = 1e-5) {
  OpCase one{.op = "layer_norm", .label = std::move(label)};
  const Shape width{x[-1]};
  one.inputs = {{.shape = x, .low = -2, .high = 3},
                {.shape = width, .kind = parameter},
                {.shape = width, .kind = parameter}};
  one.forward = [epsilon](const Inputs& in) {
    return Outputs{ops::layer_norm(in[0], in[1], in[2], epsilon)};
  };
  one.reference = [epsilon](const Arrays& a) { return Arrays{normed(a[0], a[1], a[2], epsilon)}; };
  return one;
}

OpCase no_bias() {
  OpCase one = norm_case("no bias", {3, 21});
  one.inputs.pop_back();
  one.forward = [](const Inputs& in) { return Outputs{ops::layer_norm(in[0], in[1], Tensor())}; };
  one.reference = [](const Arrays& a) { return Arrays{normed(a[0], a[1], {}, 1e-5)}; };
  return one;
}

// The float32 residual stream normalised to bfloat16, as in training in bfloat16.
OpCase to_bfloat16() {
  OpCase one = norm_case("float32 to bfloat16", {4, 37});
  one.inputs[0].kind = parameter;
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::bfloat16;
    return Outputs{ops::layer_norm(in[0], in[1], in[2], 1e-5, result)};
  };
  one.dtypes = {DType::bfloat16};
  return one;
}

OpCase to_float32() {
  OpCase one = norm_case("bfloat16 to float32", {4, 18});
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::float32;
    return Outputs{ops::layer_norm(in[0], in[1], in[2], 1e-5, result)};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = norm_case("bad inputs", {2, 3});
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  one.errors = {{{at({2, 3}), at({4}), at({3})},
                 {"layer_norm: weight has shape [4], expected [3]", "last dimension of x [2, 3]"}},
                {{at({2, 3}), at({3}), at({1, 3})}, {"bias has shape [1, 3]"}},
                {{at({}), at({3}), at({3})}, {"x is float32 []", "(..., D)"}},
                {{at({2, 3}), {.shape = {3}, .kind = Input::Kind::indices}, at({3})},
                 {"weight is int64, expected float32"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = norm_case("GPT-2", {256, 768});
  one.bytes = 2.0 * 4 * 256 * 768;
  one.backward_factor = 1.5;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    norm_case("odd sizes", {3, 2, 19}),
    norm_case("one row", {1, 64}),
    norm_case("one column", {5, 1}),
    norm_case("no rows", {0, 4}),
    norm_case("rows for several threads", {67, 35}),
    norm_case("large epsilon", {2, 8}, 0.5),
    no_bias(),
    to_bfloat16(),
    to_float32(),
    bad_inputs(),
    benchmark(),
});

TEST(LayerNorm, GradientsOfTwoUsesAddUp) {
  const Tensor x = Tensor::from<float>({1, 2, 4, -3}, {2, 2}), weight = Tensor::full({2}, 1);
  const Tensor bias = Tensor::zeros({2}), dy = Tensor::from<float>({1, -2, 0.5F, 3}, {2, 2});
  const auto gradients = [&](int uses) {
    for (const Tensor& leaf : {x, weight, bias}) {
      require_gradient(leaf);
      clear_gradient(leaf);
    }
    for (int i = 0; i < uses; ++i) backward(ops::layer_norm(x, weight, bias), dy);
    std::vector<float> all;
    for (const Tensor& leaf : {x, weight, bias}) {
      for (float value : gradient_of(leaf).to_vector<float>()) all.push_back(value);
    }
    return all;
  };
  const auto once = gradients(1), twice = gradients(2);
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_FLOAT_EQ(twice[i], 2 * once[i]) << i;
}

TEST(LayerNorm, AResultMustBeOfAFloatingTypeThatFits) {
  const Tensor x = Tensor::zeros({1, 2}), one = Tensor::full({2}, 1);
  EXPECT_THROW(ops::layer_norm(x, one, one, 1e-5, DType::float64), Error);
  EXPECT_THROW(ops::layer_norm(x, one, one, 1e-5, DType::int64), Error);
  EXPECT_THROW(ops::layer_norm(x, one, one, -1), Error);
}

}  // namespace
}  // namespace attune::testing
