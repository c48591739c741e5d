// What the paper claims of its position-wise blocks.
#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/nn/embedding.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/residual.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/sum/sum.h"

namespace attune::nn {
namespace {

void expect_near(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.shape(), expected.shape());
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "element " << i;
}

// A convolution over time of width `kernel` on channels: y[t] = b + sum over j of W[j] x[t + j].
std::vector<double> convolve(const std::vector<double>& x, std::size_t in, const Linear& layer,
                             std::size_t kernel) {
  const auto weight = layer.weight.to_vector<float>(), bias = layer.bias.to_vector<float>();
  const std::size_t out = bias.size(), length = x.size() / in;
  std::vector<double> y;
  for (std::size_t t = 0; t + kernel <= length; ++t) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = bias[o];
      for (std::size_t j = 0; j < kernel; ++j) {
        for (std::size_t c = 0; c < in; ++c) sum += weight[(o * kernel + j) * in + c] * x[(t + j) * in + c];
      }
      y.push_back(sum);
    }
  }
  return y;
}

TEST(FeedForward, EqualsTwoConvolutionsOfWidthOne) {
  Parameters parameters;
  const FeedForward block(Scope(parameters), 6, 24, ops::ActivationKind::relu, Initializer::normal(0.5),
                          Initializer::normal(0.5));
  Generator generator{.seed = 3};
  parameters.initialize(generator);
  const Tensor x = random_normal({1, 9, 6}, 0, 1, generator);
  const auto values = x.to_vector<float>();
  auto hidden = convolve({values.begin(), values.end()}, 6, block.expand, 1);
  for (double& value : hidden) value = std::max(value, 0.0);
  const auto expected = convolve(hidden, 24, block.contract, 1);
  const auto got = block(x).to_vector<float>();
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4);
}

TEST(Embedding, OfPositionsEqualsAOneHotProduct) {
  Parameters parameters;
  const Embedding table(Scope(parameters), 10, 4, Initializer::normal(1));
  Generator generator{.seed = 4};
  parameters.initialize(generator);
  Tensor one_hot = Tensor::zeros({10, 10});
  for (int p = 0; p < 10; ++p) one_hot.mutable_data<float>()[p * 10 + p] = 1;
  expect_near(table(Tensor::arange(10)), ops::matmul(one_hot, table.weight), 1e-6);
}

TEST(Embedding, ThePaddingRowGetsNoGradient) {
  Parameters parameters;
  const Embedding table(Scope(parameters), 5, 3, Initializer::normal(1), /*padding_index=*/2);
  Generator generator{.seed = 4};
  parameters.initialize(generator);
  require_gradient(table.weight);
  backward(ops::sum(table(Tensor::from<std::int64_t>({1, 2, 2, 4}, {4}))));
  const auto gradient = gradient_of(table.weight).to_vector<float>();
  EXPECT_EQ(gradient, (std::vector<float>{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}));
}

TEST(Residual, PreAndPostNormNormaliseWhereTheirNamesSay) {
  Parameters parameters;
  const LayerNorm norm(Scope(parameters), 4, 1e-5);
  Generator generator{.seed = 4};
  parameters.initialize(generator);
  const Tensor x = random_normal({3, 4}, 2, 3, generator);
  const auto twice = [](const Tensor& t) { return ops::add(t, t); };
  expect_near(post_norm(x, norm, {}, twice), norm(ops::add(x, twice(x)), {}), 1e-5);
  expect_near(pre_norm(x, norm, {}, twice), ops::add(x, twice(norm(x, {}))), 1e-5);
}

TEST(Parameters, AreNamedOnceByTheirPath) {
  Parameters parameters;
  const Scope layer = Scope(parameters) / "layers" / 3;
  layer.parameter("weight", {2, 2}, Initializer::ones());
  EXPECT_EQ(parameters.all().front().name, "layers.3.weight");
  EXPECT_EQ(parameters.count(), 4);
  EXPECT_THROW(layer.parameter("weight", {2}, Initializer::zeros()), Error);
  EXPECT_THROW(parameters.at("layers.4.weight"), Error);
}

}  // namespace
}  // namespace attune::nn
