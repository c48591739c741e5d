#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/layer_norm/layer_norm.h"
#include "attune/ops/residual_layer_norm/residual_layer_norm.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

Outputs forward(const Inputs& in, std::optional<DType> result = {}) {
  const auto [sum, normed] = ops::residual_layer_norm(in[0], in[1], in[2], in[3], 1e-3, result);
  return {sum, normed};
}

Arrays reference(const Arrays& a) {
  const std::size_t width = a[2].size();
  std::vector<double> sum, normed;
  for (std::size_t i = 0; i < a[0].size(); ++i) sum.push_back(a[0][i] + a[1][i]);
  for (std::size_t row = 0; row < sum.size(); row += width) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < width; ++i) mean += sum[row + i];
    mean /= static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i) variance += std::pow(sum[row + i] - mean, 2);
    const double deviation = std::sqrt(variance / static_cast<double>(width) + 1e-3);
    for (std::size_t i = 0; i < width; ++i)
      normed.push_back((sum[row + i] - mean) / deviation * a[2][i] + a[3][i]);
  }
  return {sum, normed};
}

OpCase norm_case(std::string label, Shape shape) {
  OpCase one{.op = "residual_layer_norm", .label = std::move(label)};
  const Shape width{shape[-1]};
  one.inputs = {{.shape = shape, .low = -2, .high = 2},
                {.shape = shape, .low = -1, .high = 2},
                {.shape = width, .kind = parameter},
                {.shape = width, .kind = parameter}};
  one.forward = [](const Inputs& in) { return forward(in); };
  one.reference = reference;
  return one;
}

// Training in bfloat16: a float32 residual stream, branch and normalised rows in bfloat16.
OpCase mixed() {
  OpCase one = norm_case("float32 residual beside a bfloat16 branch", {5, 3, 22});
  one.inputs[0].kind = parameter;
  one.dtypes = {DType::bfloat16};
  one.forward = [](const Inputs& in) {
    return forward(in, in[0].dtype() == DType::float64 ? DType::float64 : DType::bfloat16);
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = norm_case("bad inputs", {2, 3});
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  one.errors = {{{at({2, 3}), at({3, 2}), at({3}), at({3})},
                 {"residual_layer_norm: branch has shape [3, 2], expected [2, 3]"}},
                {{at({2, 3}), {.shape = {2, 3}, .kind = Input::Kind::indices}, at({3}), at({3})},
                 {"branch is int64, expected the residual's float32"}},
                {{at({2, 3}), at({2, 3}), at({2}), at({3})}, {"residual_layer_norm: weight has shape [2]"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = norm_case("GPT-2", {256, 768});
  one.bytes = 4.0 * 4 * 256 * 768;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    norm_case("odd sizes", {3, 2, 19}),
    norm_case("one row", {1, 5}),
    norm_case("no rows", {0, 4}),
    norm_case("rows for several threads", {67, 35}),
    mixed(),
    bad_inputs(),
    benchmark(),
});

// Both outputs used, the residual twice: what a Transformer does with the residual stream.
TEST(ResidualLayerNorm, GradientsOfBothOutputsMeet) {
  const Tensor residual = Tensor::from<float>({1, -2, 0.5F, 3}, {2, 2});
  const Tensor branch = Tensor::from<float>({2, 1, -1, 4}, {2, 2});
  const Tensor weight = Tensor::from<float>({1.5F, -0.5F}, {2}), bias = Tensor::zeros({2});
  const auto chain = [&](bool fused) {
    const Tensor start = detach(residual), added = detach(branch);
    require_gradient(start);
    require_gradient(added);
    const auto first = ops::residual_layer_norm(start, added, weight, bias);
    const Tensor normed = fused ? first.normed : ops::layer_norm(first.sum, weight, bias);
    const auto second = ops::residual_layer_norm(first.sum, normed, weight, bias);
    backward(second.normed, Tensor::from<float>({1, 2, -1, 0.5F}, {2, 2}));
    EXPECT_EQ(gradient_of(start).to_vector<float>(), gradient_of(added).to_vector<float>());
    return gradient_of(start).to_vector<float>();
  };
  const auto fused = chain(true), composed = chain(false);
  for (std::size_t i = 0; i < fused.size(); ++i) EXPECT_NEAR(fused[i], composed[i], 1e-5) << i;
}

}  // namespace
}  // namespace attune::testing
