#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/rms_norm/rms_norm.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

std::vector<double> normed(const std::vector<double>& x, const std::vector<double>& weight, double epsilon) {
  const std::size_t width = weight.size();
  std::vector<double> y;
  for (std::size_t row = 0; row < x.size(); row += width) {
    double square = 0;
    for (std::size_t i = 0; i < width; ++i) square += x[row + i] * x[row + i] / static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i) y.push_back(x[row + i] / std::sqrt(square + epsilon) * weight[i]);
  }
  return y;
}

OpCase norm_case(std::string label, Shape x, double epsilon = 1e-6) {
  OpCase one{.op = "rms_norm", .label = std::move(label)};
  one.inputs = {{.shape = x, .low = -2, .high = 3}, {.shape = Shape{x[-1]}, .kind = parameter}};
  one.forward = [epsilon](const Inputs& in) { return Outputs{ops::rms_norm(in[0], in[1], epsilon)}; };
  one.reference = [epsilon](const Arrays& a) { return Arrays{normed(a[0], a[1], epsilon)}; };
  return one;
}

// The float32 residual stream normalised to bfloat16, as in training in bfloat16.
OpCase to_bfloat16() {
  OpCase one = norm_case("float32 to bfloat16", {4, 37});
  one.inputs[0].kind = parameter;
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::bfloat16;
    return Outputs{ops::rms_norm(in[0], in[1], 1e-6, result)};
  };
  one.dtypes = {DType::bfloat16};
  return one;
}

OpCase to_float32() {
  OpCase one = norm_case("bfloat16 to float32", {4, 18});
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::float32;
    return Outputs{ops::rms_norm(in[0], in[1], 1e-6, result)};
  };
  return one;
}

// x goes two ways, so that the gradient of the norm is added to what is there.
OpCase beside_another_use() {
  OpCase one = norm_case("beside another use of x", {3, 9});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::rms_norm(in[0], in[1], 1e-6), ops::multiply(in[0], in[0])};
  };
  one.reference = [](const Arrays& a) {
    std::vector<double> squares;
    for (double x : a[0]) squares.push_back(x * x);
    return Arrays{normed(a[0], a[1], 1e-6), squares};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = norm_case("bad inputs", {2, 3});
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  one.errors = {
      {{at({2, 3}), at({4})}, {"rms_norm: weight has shape [4], expected [3]", "last dimension of x [2, 3]"}},
      {{at({}), at({3})}, {"rms_norm: x is float32 []", "(..., D)"}},
      {{at({2, 3}), {.shape = {3}, .kind = Input::Kind::indices}}, {"weight is int64, expected float32"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = norm_case("T5", {256, 768});
  one.bytes = 2.0 * 4 * 256 * 768;
  one.backward_factor = 1.5;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    norm_case("odd sizes", {3, 2, 19}),
    norm_case("one row", {1, 64}),
    norm_case("one column", {5, 1}, 0.1),
    norm_case("no rows", {0, 4}),
    norm_case("rows for several threads", {67, 35}),
    norm_case("large epsilon", {2, 8}, 0.5),
    to_bfloat16(),
    to_float32(),
    beside_another_use(),
    bad_inputs(),
    benchmark(),
});

TEST(RmsNorm, AResultMustBeOfAFloatingTypeThatFits) {
  const Tensor x = Tensor::zeros({1, 2}), one = Tensor::full({2}, 1);
  EXPECT_THROW(ops::rms_norm(x, one, 1e-5, DType::float64), Error);
  EXPECT_THROW(ops::rms_norm(x, one, 1e-5, DType::int64), Error);
  EXPECT_THROW(ops::rms_norm(x, one, -1), Error);
}

}  // namespace
}  // namespace attune::testing
