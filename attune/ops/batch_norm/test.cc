#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/batch_norm/batch_norm.h"
#include "attune/ops/multiply/multiply.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

struct Moments {
  std::vector<double> mean, variance;  // biased
};

Moments moments_of(const std::vector<double>& x, std::size_t width) {
  Moments moments{std::vector<double>(width), std::vector<double>(width)};
  const double rows = static_cast<double>(x.size()) / static_cast<double>(width);
  for (std::size_t j = 0; j < width; ++j) {
    double square = 0;
    for (std::size_t i = j; i < x.size(); i += width) moments.mean[j] += x[i] / rows;
    for (std::size_t i = j; i < x.size(); i += width) square += x[i] * x[i] / rows;
    moments.variance[j] = square - moments.mean[j] * moments.mean[j];
  }
  return moments;
}

std::vector<double> normed(const std::vector<double>& x, const Moments& moments,
                           const std::vector<double>& weight, const std::vector<double>& bias,
                           double epsilon) {
  std::vector<double> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t j = i % weight.size();
    y.push_back((x[i] - moments.mean[j]) / std::sqrt(moments.variance[j] + epsilon) * weight[j] + bias[j]);
  }
  return y;
}

std::vector<Input> inputs_of(Shape x) {
  return {{.shape = x, .low = -2, .high = 3},
          {.shape = Shape{x[-1]}, .kind = parameter},
          {.shape = Shape{x[-1]}, .kind = parameter}};
}

OpCase training(std::string label, Shape x, double epsilon = 1e-5) {
  OpCase one{.op = "batch_norm", .label = std::move(label), .inputs = inputs_of(x)};
  one.forward = [epsilon](const Inputs& in) {
    return Outputs{ops::batch_norm(in[0], in[1], in[2], {}, 0.1, epsilon)};
  };
  one.reference = [epsilon](const Arrays& a) {
    return Arrays{normed(a[0], moments_of(a[0], a[1].size()), a[1], a[2], epsilon)};
  };
  return one;
}

// Values of a mean far from zero lose nothing.
OpCase far_from_zero() {
  OpCase one = training("far from zero", {90, 5});
  one.inputs[0].low = 1000;
  one.inputs[0].high = 1002;
  one.dtypes = {DType::float32};
  one.float32_tolerance = {.forward = 2e-3};
  one.has_gradient = false;  // central differences are too coarse there
  return one;
}

OpCase to_bfloat16() {
  OpCase one = training("float32 to bfloat16", {40, 19});
  one.inputs[0].kind = parameter;
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::bfloat16;
    return Outputs{ops::batch_norm(in[0], in[1], in[2], {}, 0.1, 1e-5, result)};
  };
  one.dtypes = {DType::bfloat16};
  return one;
}

OpCase to_float32() {
  OpCase one = training("bfloat16 to float32", {40, 18});
  one.forward = [](const Inputs& in) {
    const DType result = in[0].dtype() == DType::float64 ? DType::float64 : DType::float32;
    return Outputs{ops::batch_norm(in[0], in[1], in[2], {}, 0.1, 1e-5, result)};
  };
  return one;
}

OpCase inference() {
  OpCase one{.op = "batch_norm", .label = "inference", .inputs = inputs_of({3, 4, 21})};
  one.inputs.push_back({.shape = {21}, .kind = parameter, .differentiable = false});
  one.inputs.push_back({.shape = {21}, .kind = parameter, .low = 0.5, .high = 2, .differentiable = false});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::batch_norm_inference(in[0], in[1], in[2], {in[3], in[4]}, 0.01)};
  };
  one.reference = [](const Arrays& a) { return Arrays{normed(a[0], {a[3], a[4]}, a[1], a[2], 0.01)}; };
  one.takes_strided = false;
  return one;
}

// x goes two ways, so that the gradient of the norm is added to what is there.
OpCase beside_another_use() {
  OpCase one = training("beside another use of x", {6, 9});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::batch_norm(in[0], in[1], in[2], {}), ops::multiply(in[0], in[0])};
  };
  one.reference = [](const Arrays& a) {
    std::vector<double> squares;
    for (double x : a[0]) squares.push_back(x * x);
    return Arrays{normed(a[0], moments_of(a[0], 9), a[1], a[2], 1e-5), squares};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = training("bad inputs", {2, 3});
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  one.errors = {{{at({2, 3}), at({4}), at({3})}, {"batch_norm: weight has shape [4], expected [3]"}},
                {{at({2, 3}), at({3}), at({1, 3})}, {"bias has shape [1, 3]"}},
                {{at({}), at({3}), at({3})}, {"x is float32 []", "(..., D)"}},
                {{at({0, 3}), at({3}), at({3})}, {"x [0, 3] has no rows"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = training("PatchTST", {32 * 7 * 12, 128});
  one.bytes = 3.0 * 4 * 32 * 7 * 12 * 128;
  one.backward_factor = 5.0 / 3;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    training("odd sizes", {3, 5, 19}),
    training("two rows", {2, 64}, 0.5),
    training("one column", {7, 1}),
    training("rows for several threads", {67, 35}),
    far_from_zero(),
    to_bfloat16(),
    to_float32(),
    inference(),
    beside_another_use(),
    bad_inputs(),
    benchmark(),
});

TEST(BatchNorm, RunningMomentsFollowTheBatches) {
  const Tensor one = Tensor::full({1}, 1), zero = Tensor::zeros({1});
  const ops::RunningMoments running{Tensor::full({1}, 2), Tensor::full({1}, 3)};
  const Tensor x = Tensor::from<float>({1, 3, 8}, {3, 1});  // mean 4, unbiased variance 13
  ops::batch_norm(x, one, zero, running, 0.25);
  EXPECT_FLOAT_EQ(static_cast<float>(running.mean.item()), 0.75F * 2 + 0.25F * 4);
  EXPECT_FLOAT_EQ(static_cast<float>(running.variance.item()), 0.75F * 3 + 0.25F * 13);
  ops::batch_norm_inference(x, one, zero, running);
  EXPECT_FLOAT_EQ(static_cast<float>(running.mean.item()), 2.5F);
}

TEST(BatchNorm, MomentsMayStandInAMappedFile) {
  static const float mean = 0, variance = 1;
  const Tensor one = Tensor::full({1}, 1), zero = Tensor::zeros({1});
  const ops::RunningMoments running{Tensor::wrap(&mean, {1}, DType::float32, nullptr),
                                    Tensor::wrap(&variance, {1}, DType::float32, nullptr)};
  ops::batch_norm(Tensor::from<float>({1, 3}, {2, 1}), one, zero, running, 0.5);
  EXPECT_FLOAT_EQ(static_cast<float>(running.mean.item()), 1);
  EXPECT_FLOAT_EQ(static_cast<float>(running.variance.item()), 1.5F);
}

TEST(BatchNorm, MomentsMustFit) {
  const Tensor x = Tensor::zeros({2, 3}), weight = Tensor::full({3}, 1), bias = Tensor::zeros({3});
  EXPECT_THROW(ops::batch_norm(x, weight, bias, {Tensor::zeros({2}), Tensor::zeros({3})}), Error);
  EXPECT_THROW(ops::batch_norm_inference(x, weight, bias, {Tensor::zeros({3}), Tensor::zeros({4})}), Error);
  EXPECT_THROW(ops::batch_norm(x, weight, bias, {}, 1.5), Error);
}

}  // namespace
}  // namespace attune::testing
