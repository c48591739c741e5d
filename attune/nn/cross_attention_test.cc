// What the paper claims of attention to the encoder's output (1706.03762, section 3.2.3).
#include "attune/nn/cross_attention.h"

#include <gtest/gtest.h>

#include "attune/ops/sum/sum.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

void expect_near(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.shape(), expected.shape());
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "element " << i;
}

struct Block {
  Parameters parameters;
  CrossAttention attention;
  Generator generator{.seed = 12};

  Block()
      : attention(Scope(parameters), {.width = 12, .heads = 3}, Initializer::normal(0.4),
                  Initializer::normal(0.4)) {
    parameters.initialize(generator);
  }
};

Tensor last_is_padding() {
  return Tensor::from<bool>({true, true, true, false, true, true, true, true}, {2, 4});
}

TEST(CrossAttention, SeesAllOfTheSourceButPadding) {
  Block block;
  const Tensor x = random_normal({2, 5, 12}, 0, 1, block.generator);
  const Tensor memory = random_normal({2, 4, 12}, 0, 1, block.generator);
  const Tensor weights = block.attention.weights(x, memory, last_is_padding());  // (B, H, T, S)
  for (const float sum : ops::sum(weights, 3).to_vector<float>()) EXPECT_NEAR(sum, 1, 1e-5);
  const auto values = weights.to_vector<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool padding = i < values.size() / 2 && i % 4 == 3;
    EXPECT_EQ(values[i] == 0, padding) << "element " << i;
  }
  // What stands in the padding does not matter.
  Tensor changed = Tensor::empty(memory.shape());
  changed.copy_from(memory);
  for (int i = 0; i < 12; ++i) changed.mutable_data<float>()[3 * 12 + i] = 100;
  expect_near(block.attention(x, changed, last_is_padding(), {}),
              block.attention(x, memory, last_is_padding(), {}), 0);
}

TEST(CrossAttention, HypothesesOfASourceLookAtItTogether) {
  Block block;
  const std::int64_t hypotheses = 3;
  const Tensor memory = random_normal({2, 4, 12}, 0, 1, block.generator);
  DecoderCache cache(
      {.layers = 1, .sources = 2, .hypotheses = hypotheses, .capacity = 4, .heads = 3, .head_width = 4},
      last_is_padding());
  block.attention.remember(memory, cache, 0);
  for (const std::int64_t tokens : {1, 2}) {
    const Tensor x = random_normal({2 * hypotheses, tokens, 12}, 0, 1, block.generator);
    const Tensor together = block.attention(x, cache, 0);  // (B K, T, D)
    for (std::int64_t n = 0; n < 2 * hypotheses; ++n) {
      const auto row = [](const Tensor& t, std::int64_t at) {
        return ops::contiguous(ops::slice(t, 0, at, at + 1));
      };
      const std::int64_t source = n / hypotheses;
      expect_near(row(together, n),
                  block.attention(row(x, n), row(memory, source), row(last_is_padding(), source), {}), 1e-5);
    }
  }
}

}  // namespace
}  // namespace attune::nn
