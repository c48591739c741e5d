#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

Outputs forward(const Inputs& in) { return {ops::linear(in[0], in[1], in.size() > 2 ? in[2] : Tensor())}; }

// y[m, n] = sum over k of x[m, k] w[n, k] + b[n]
std::function<Arrays(const Arrays&)> reference(std::size_t rows, std::size_t in, std::size_t out) {
  return [=](const Arrays& a) {
    std::vector<double> y(rows * out, 0);
    for (std::size_t m = 0; m < rows; ++m) {
      for (std::size_t n = 0; n < out; ++n) {
        for (std::size_t k = 0; k < in; ++k) y[m * out + n] += a[0][m * in + k] * a[1][n * in + k];
        if (a.size() > 2) y[m * out + n] += a[2][n];
      }
    }
    return Arrays{y};
  };
}

OpCase linear_case(std::string label, Shape x, std::int64_t out, bool bias) {
  const std::int64_t in = x[-1], rows = in == 0 ? 0 : x.elements() / in;
  OpCase one{.op = "linear", .label = std::move(label)};
  one.inputs = {{.shape = x}, {.shape = {out, in}, .kind = parameter}};
  if (bias) one.inputs.push_back({.shape = {out}, .kind = parameter});
  one.forward = forward;
  one.reference =
      reference(static_cast<std::size_t>(rows), static_cast<std::size_t>(in), static_cast<std::size_t>(out));
  one.prepare_compute_copies = true;
  return one;
}

OpCase transposed_weight() {
  OpCase one = linear_case("weight stored as in by out", {3, 5}, 4, true);
  one.inputs[1].shape = {5, 4};
  one.forward = [](const Inputs& in) {
    return Outputs{ops::linear(in[0], ops::transpose(in[1], 0, 1), in[2])};
  };
  one.dtypes = {DType::float32};
  one.reference = nullptr;
  one.composed = [](const Inputs& in) {
    return Outputs{ops::linear(in[0], ops::contiguous(ops::transpose(in[1], 0, 1)), in[2])};
  };
  return one;
}

OpCase bad_shapes() {
  OpCase one = linear_case("bad shapes", {2, 3}, 4, true);
  one.errors = {
      {{{.shape = {2, 3}}, {.shape = {4, 5}}}, {"linear: x has shape [2, 3]", "last dimension of 5"}},
      {{{.shape = {2, 3}}, {.shape = {4, 3}}, {.shape = {3}}}, {"bias has shape [3], expected [4]"}}};
  return one;
}

OpCase benchmark(std::string label, std::int64_t rows, std::int64_t in, std::int64_t out) {
  OpCase one = linear_case(std::move(label), {rows, in}, out, true);
  one.flops = 2.0 * static_cast<double>(rows * in * out);
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    linear_case("odd sizes", {2, 3, 5}, 7, true),
    linear_case("no bias", {4, 6}, 3, false),
    linear_case("one by one", {1, 1}, 1, true),
    linear_case("no rows", {0, 4}, 3, true),
    transposed_weight(),
    bad_shapes(),
    benchmark("GPT-2 feed-forward", 1024, 768, 3072),
    benchmark("char GPT projection", 768, 128, 384),
});

// The products of inference, (rows, in) by (out, in), plain or stored as (in, out), against float64.
void expect_inference(std::int64_t rows, bool stored_transposed, DType x_dtype, DType weight_dtype) {
  SCOPED_TRACE(fmt::format("{} rows of {}, weight {}{}", rows, name_of(x_dtype), name_of(weight_dtype),
                           stored_transposed ? " transposed" : ""));
  const auto inputs = [&](DType x, DType weight) {
    const Shape shape = stored_transposed ? Shape{37, 29} : Shape{29, 37};
    return Inputs{make_inputs({{.shape = {rows, 37}}}, x, 1)[0],
                  make_inputs({{.shape = shape}}, weight, 2)[0],
                  make_inputs({{.shape = {29}, .kind = parameter}}, x, 3)[0]};
  };
  const auto run = [&](const Inputs& in) {
    const Tensor weight = stored_transposed ? ops::transpose(in[1], 0, 1) : in[1];
    return ops::linear(in[0], weight, in[2]);
  };
  const Tensor got = run(inputs(x_dtype, weight_dtype));
  const auto expected = run(inputs(DType::float64, DType::float64)).to_vector<double>();
  ASSERT_EQ(got.dtype(), x_dtype);
  // The inputs are numbers that bfloat16 holds exactly; only the result may be rounded to it.
  const double tolerance = x_dtype == DType::bfloat16 ? 1e-2 : 1e-5;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double value = x_dtype == DType::bfloat16 ? static_cast<float>(got.to_vector<bfloat16>()[i])
                                                    : got.to_vector<float>()[i];
    ASSERT_NEAR(value, expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

TEST(Linear, InferenceAgreesForFewRowsAndMany) {
  for (std::int64_t rows : {1, 2, 5, 8, 9, 20}) {
    for (bool stored_transposed : {false, true}) {
      expect_inference(rows, stored_transposed, DType::float32, DType::float32);
      expect_inference(rows, stored_transposed, DType::float32, DType::bfloat16);
      expect_inference(rows, stored_transposed, DType::bfloat16, DType::bfloat16);
    }
  }
}

TEST(Linear, ABfloat16WeightBesideAFloat32InputHasNoGradient) {
  const Tensor x = Tensor::zeros({1, 3}), weight = Tensor::zeros({2, 3}, DType::bfloat16);
  require_gradient(x);
  EXPECT_THROW(ops::linear(x, weight), Error);
}

TEST(Linear, BiasMustBeFloat32) {
  EXPECT_THROW(ops::linear(Tensor::zeros({1, 3}), Tensor::zeros({2, 3}), Tensor::zeros({2}, DType::bfloat16)),
               Error);
}

}  // namespace
}  // namespace attune::testing
