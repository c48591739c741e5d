#include "attune/ops/dropout/dropout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"

namespace attune::ops {
namespace {

constexpr std::int64_t count = 1 << 18;

TEST(Dropout, DropsTheAskedShareAndKeepsTheMean) {
  for (double probability : {0.1, 0.5, 0.8}) {
    Generator generator{.seed = 3};
    const auto y = dropout(Tensor::full({count}, 1), probability, generator).to_vector<float>();
    double zeros = 0, sum = 0;
    for (float value : y) {
      zeros += value == 0;
      sum += value;
    }
    const double deviation = std::sqrt(probability * (1 - probability) / count);
    EXPECT_NEAR(zeros / count, probability, 5 * deviation);
    EXPECT_NEAR(sum / count, 1, 5 * deviation / (1 - probability));
  }
}

TEST(Dropout, DrawsAnotherMaskEachTimeAndTheSameFromTheSameState) {
  Generator generator{.seed = 3};
  const Tensor x = Tensor::full({1000}, 1);
  const auto first = dropout(x, 0.5, generator).to_vector<float>();
  const auto second = dropout(x, 0.5, generator).to_vector<float>();
  EXPECT_EQ(generator.counter, 2u);
  EXPECT_NE(first, second);
  Generator again{.seed = 3, .counter = 1};
  EXPECT_EQ(dropout(x, 0.5, again).to_vector<float>(), second);
  Generator other_seed{.seed = 4, .counter = 1};
  EXPECT_NE(dropout(x, 0.5, other_seed).to_vector<float>(), second);
}

TEST(Dropout, GradientIsDroppedWhereTheValueWas) {
  Generator generator{.seed = 3};
  const Tensor x = Tensor::full({1000}, 1);
  require_gradient(x);
  const Tensor y = dropout(x, 0.3, generator);
  backward(y, Tensor::full({1000}, 1));
  EXPECT_EQ(gradient_of(x).to_vector<float>(), y.to_vector<float>());
}

TEST(Dropout, ProbabilityZeroDrawsNothing) {
  Generator generator{.seed = 3};
  const Tensor x = Tensor::full({10}, 1);
  EXPECT_TRUE(dropout(x, 0, generator).shares_storage_with(x));
  EXPECT_EQ(generator.counter, 0u);
}

}  // namespace
}  // namespace attune::ops
