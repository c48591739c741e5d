#include "attune/nn/attention_weights.h"

#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/nn/attention.h"
#include "attune/nn/cross_attention.h"

namespace attune::nn {
namespace {

void expect_rows_sum_to_one(const Tensor& weights) {
  const auto values = weights.to_vector<float>();
  const auto columns = static_cast<std::size_t>(weights.dim(-1));
  for (std::size_t row = 0; row < values.size() / columns; ++row) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += values[row * columns + j];
    EXPECT_NEAR(sum, 1, 1e-5) << "row " << row;
  }
}

TEST(AttentionWeights, BlocksHandThemOutAndComputeTheSame) {
  Parameters parameters;
  const Scope scope(parameters);
  const SelfAttention self(scope / "self", {.width = 12, .heads = 3}, Initializer::normal(0.4),
                           Initializer::normal(0.4));
  const CrossAttention cross(scope / "cross", {.width = 12, .heads = 3}, Initializer::normal(0.4),
                             Initializer::normal(0.4));
  Generator generator{.seed = 3};
  parameters.initialize(generator);
  const NoGrad no_grad;
  const Tensor x = random_normal({1, 4, 12}, 0, 1, generator),
               memory = random_normal({1, 5, 12}, 0, 1, generator);

  AttentionWeights weights;
  Context looking;
  looking.attention = &weights;
  ops::AttentionOptions causal;
  causal.causal = true;
  EXPECT_EQ(self(x, causal, looking).to_vector<float>(), self(x, causal, {}).to_vector<float>());
  EXPECT_EQ(cross(x, memory, {}, looking).to_vector<float>(), cross(x, memory, {}, {}).to_vector<float>());

  ASSERT_EQ(weights.self.size(), 1u);
  ASSERT_EQ(weights.cross.size(), 1u);
  EXPECT_EQ(weights.self[0].shape(), (Shape{1, 3, 4, 4}));
  EXPECT_EQ(weights.cross[0].shape(), (Shape{1, 3, 4, 5}));
  EXPECT_EQ(weights.self[0].to_vector<float>()[1], 0);  // the first position sees no later one
  expect_rows_sum_to_one(weights.self[0]);
  expect_rows_sum_to_one(weights.cross[0]);
}

}  // namespace
}  // namespace attune::nn
