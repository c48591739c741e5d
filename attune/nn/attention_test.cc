// What the papers claim of attention.
#include "attune/nn/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/nn/scoring.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/sum/sum.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

constexpr SelfAttention::Options small{.width = 12, .heads = 3};

struct Block {
  Parameters parameters;
  SelfAttention attention;
  Generator generator{.seed = 11};

  Block() : attention(Scope(parameters), small, Initializer::normal(0.4), Initializer::normal(0.4)) {
    parameters.initialize(generator);
  }
};

void expect_near(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.shape(), expected.shape());
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "element " << i;
}

ops::AttentionOptions causal() {
  ops::AttentionOptions mask;
  mask.causal = true;
  return mask;
}

double variance(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const double n = static_cast<double>(values.size());
  return squares / n - sum / n * (sum / n);
}

// Rows of (1, T, D) in another order.
Tensor permuted(const Tensor& x, const std::vector<std::int64_t>& order) {
  Tensor result = Tensor::empty(x.shape());
  for (std::size_t t = 0; t < order.size(); ++t) {
    const auto at = static_cast<std::int64_t>(t);
    result.alias({x.dim(2)}, {1}, at * x.dim(2)).copy_from(x.alias({x.dim(2)}, {1}, order[t] * x.dim(2)));
  }
  return result;
}

TEST(SelfAttention, WithoutPositionsIsPermutationEquivariant) {
  Block block;
  const Tensor x = random_normal({1, 7, 12}, 0, 1, block.generator);
  const std::vector<std::int64_t> order = {3, 6, 0, 5, 1, 2, 4};
  expect_near(block.attention(permuted(x, order), {}, {}), permuted(block.attention(x, {}, {}), order), 1e-5);
}

TEST(SelfAttention, CausalOutputsDoNotDependOnLaterTokens) {
  Block block;
  const Tensor x = random_normal({1, 6, 12}, 0, 1, block.generator);
  Tensor changed = Tensor::empty(x.shape());
  changed.copy_from(x);
  for (int i = 0; i < 12; ++i) changed.mutable_data<float>()[5 * 12 + i] += 3;
  const Tensor a = block.attention(x, causal(), {}), b = block.attention(changed, causal(), {});
  expect_near(ops::slice(b, 1, 0, 5), ops::slice(a, 1, 0, 5), 1e-6);
}

TEST(SelfAttention, StepByStepWithACacheEqualsOnePass) {
  Block block;
  NoGrad no_grad;
  const Tensor x = random_normal({2, 5, 12}, 0, 1, block.generator);
  const Tensor whole = block.attention(x, causal(), {});
  KeyValueCache cache(1, 2, 8, 3, 4);
  const Tensor first = block.attention(ops::slice(x, 1, 0, 3), causal(), {}, cache, 0);
  cache.advance(3);
  expect_near(first, ops::slice(whole, 1, 0, 3), 1e-5);
  for (std::int64_t t = 3; t < 5; ++t) {
    const Tensor step = block.attention(ops::slice(x, 1, t, t + 1), causal(), {}, cache, 0);
    cache.advance(1);
    expect_near(step, ops::slice(whole, 1, t, t + 1), 1e-5);
  }
  EXPECT_THROW(cache.extend(0, Tensor::zeros({2, 4, 3, 4}), Tensor::zeros({2, 4, 3, 4})), Error);
}

TEST(SelfAttention, TheScoringFunctionIsInterchangeable) {
  Block block;
  const Tensor x = random_normal({2, 5, 12}, 0, 1, block.generator);
  const Tensor tiled = block.attention(x, causal(), {});
  block.attention.set_scoring(scaled_dot_score);
  expect_near(block.attention(x, causal(), {}), tiled, 1e-5);

  Parameters parameters;
  const AdditiveScore additive(Scope(parameters), 4, 6, Initializer::normal(0.5));
  parameters.initialize(block.generator);
  for (const Scoring& scoring : {Scoring(dot_score), Scoring(additive)}) {
    block.attention.set_scoring(scoring);
    const Tensor weights = block.attention.weights(x, causal());  // (B, H, T, T)
    for (float sum : ops::sum(weights, 3).to_vector<float>()) EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(SelfAttention, RefusesAWidthThatTheHeadsDoNotDivide) {
  Parameters parameters;
  EXPECT_THROW(SelfAttention(Scope(parameters), {.width = 10, .heads = 3}, {}, {}), Error);
}

TEST(Scoring, AdditiveEqualsBahdanausFormula) {
  Parameters parameters;
  const AdditiveScore score(Scope(parameters), 3, 2, Initializer::normal(1));
  Generator generator{.seed = 2};
  parameters.initialize(generator);
  const Tensor q = random_normal({1, 1, 2, 3}, 0, 1, generator),
               k = random_normal({1, 1, 4, 3}, 0, 1, generator);
  const auto got = score(q, k).to_vector<float>();
  const auto qv = q.to_vector<float>(), kv = k.to_vector<float>();
  const auto wq = score.query.weight.to_vector<float>(), wk = score.key.weight.to_vector<float>();
  const auto v = score.energy.weight.to_vector<float>(), b = score.query.bias.to_vector<float>();
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      double energy = 0;
      for (std::size_t a = 0; a < 2; ++a) {
        double sum = b[a];
        for (std::size_t d = 0; d < 3; ++d)
          sum += wq[a * 3 + d] * qv[i * 3 + d] + wk[a * 3 + d] * kv[j * 3 + d];
        energy += v[a] * std::tanh(sum);
      }
      EXPECT_NEAR(got[i * 4 + j], energy, 1e-5);
    }
  }
}

// 1706.03762, section 3.2.1, footnote 4: for components of unit variance q . k has variance d.
TEST(Scoring, ScalingKeepsUnitVariance) {
  Generator generator{.seed = 5};
  for (std::int64_t width : {16, 256}) {
    const Tensor q = random_normal({1, 1, 200, width}, 0, 1, generator);
    const Tensor k = random_normal({1, 1, 200, width}, 0, 1, generator);
    EXPECT_NEAR(variance(dot_score(q, k).to_vector<float>()) / static_cast<double>(width), 1, 0.1);
    EXPECT_NEAR(variance(scaled_dot_score(q, k).to_vector<float>()), 1, 0.1);
  }
}

// Section 3.2.1: large dot products push the softmax into regions of extremely small gradients.
TEST(Scoring, ScalingKeepsGradientsAliveWhereThePlainDotSaturates) {
  Generator generator{.seed = 6};
  const std::int64_t width = 2048, keys = 16;
  const Tensor q = random_normal({1, 8, 8, width}, 0, 1, generator);
  const Tensor k = random_normal({1, 8, keys, width}, 0, 1, generator);
  const Tensor direction = random_normal({1, 8, 8, keys}, 0, 1, generator);
  // The gradient that reaches the scores of the median query.
  const auto median_gradient = [&](const Scoring& score) {
    const Tensor scores = detach(score(q, k));
    require_gradient(scores);
    backward(ops::softmax(scores), direction);
    const auto values = gradient_of(scores).to_vector<float>();
    std::vector<double> rows(64, 0);
    for (std::size_t i = 0; i < values.size(); ++i) rows[i / keys] += std::abs(values[i]);
    std::nth_element(rows.begin(), rows.begin() + 32, rows.end());
    return rows[32];
  };
  EXPECT_LT(1000 * median_gradient(dot_score), median_gradient(scaled_dot_score));
}

}  // namespace
}  // namespace attune::nn
