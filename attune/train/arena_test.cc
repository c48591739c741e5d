#include "attune/train/arena.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attune/autograd/tape.h"
#include "attune/ops/linear/linear.h"

namespace attune::train {
namespace {

using testing::ElementsAre;
using testing::ThrowsMessage;

class ArenaTest : public testing::Test {
 protected:
  ArenaTest() {
    Generator generator{1, 0};
    parameters_.initialize(generator);
  }
  // x W^T + b summed up, by a seed of ones.
  void run_backward() const {
    const Tensor x = Tensor::from<float>({1, 2, 3}, {1, 3});  // (1, 3)
    const Tensor y = ops::linear(x, matrix_, bias_);          // (1, 2)
    backward(y, Tensor::full(y.shape(), 1));
  }

  nn::Parameters parameters_;
  nn::Scope scope_{parameters_};
  Tensor bias_ = scope_.parameter("bias", {2}, nn::Initializer::ones());
  Tensor matrix_ = scope_.parameter("matrix", {2, 3}, nn::Initializer::normal(1));
  Tensor unused_ = scope_.parameter("unused", {1, 17}, nn::Initializer::ones());
};

TEST_F(ArenaTest, HoldsMatricesFirstAndAligned) {
  const auto matrix = matrix_.to_vector<float>();
  const Arena arena(parameters_);
  ASSERT_EQ(arena.segments().size(), 3u);
  EXPECT_EQ(arena.segments()[0].name, "bias") << "segments are in the order of the registry";
  EXPECT_EQ(arena.segments()[0].begin, 48);
  EXPECT_EQ(arena.segments()[1].begin, 0);
  EXPECT_EQ(arena.segments()[2].begin, 16);
  ASSERT_EQ(arena.ranges().size(), 2u);
  EXPECT_EQ(arena.ranges()[0].end, 48);
  EXPECT_TRUE(arena.ranges()[0].decayed);
  EXPECT_EQ(arena.ranges()[1].begin, 48);
  EXPECT_FALSE(arena.ranges()[1].decayed);
  EXPECT_EQ(arena.size(), 64);
  for (const Segment& segment : arena.segments())
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(segment.parameter.raw_data()) % 64, 0u) << segment.name;

  EXPECT_EQ(matrix_.to_vector<float>(), matrix) << "values are kept";
  EXPECT_TRUE(matrix_.shares_storage_with(arena.parameters()));
  EXPECT_TRUE(parameters_.at("matrix").tensor.shares_storage_with(arena.parameters()));
}

TEST_F(ArenaTest, GradientsArriveInFlatMemory) {
  Arena arena(parameters_);
  run_backward();
  const auto flat = arena.gradients().to_vector<float>();
  EXPECT_THAT(std::vector(flat.begin(), flat.begin() + 7), ElementsAre(1, 2, 3, 1, 2, 3, 0));
  EXPECT_THAT(std::vector(flat.begin() + 48, flat.begin() + 51), ElementsAre(1, 1, 0));
  EXPECT_NEAR(arena.finish_gradients(), std::sqrt(2 * (1 + 4 + 9) + 2.0), 1e-6);

  arena.clear_gradients();
  run_backward();
  EXPECT_THAT(gradient_of(matrix_).to_vector<float>(), ElementsAre(1, 2, 3, 1, 2, 3)) << "begins anew";
  run_backward();
  EXPECT_THAT(gradient_of(matrix_).to_vector<float>(), ElementsAre(2, 4, 6, 2, 4, 6)) << "accumulates";
}

TEST_F(ArenaTest, AParameterThatWasNotReachedHasAZeroGradient) {
  Arena arena(parameters_);
  unused_.autograd()->gradient.copy_from(Tensor::full({1, 17}, 5));  // of an earlier step
  run_backward();
  arena.finish_gradients();
  EXPECT_THAT(gradient_of(unused_).to_vector<float>(), testing::Each(0));
}

TEST_F(ArenaTest, FrozenParametersStayOut) {
  const Arena arena(parameters_, {.trainable = [](const nn::Parameter& p) { return p.name != "matrix"; }});
  EXPECT_EQ(arena.segments().size(), 2u);
  EXPECT_FALSE(requires_gradient(matrix_));
  run_backward();
  EXPECT_FALSE(gradient_of(matrix_).defined());
  EXPECT_THAT(gradient_of(bias_).to_vector<float>(), ElementsAre(1, 1));
}

TEST_F(ArenaTest, LaysOutByLearningRate) {
  const Arena arena(parameters_, {.learning_rate_factor = [](const nn::Parameter& p) {
                      return p.name == "matrix" ? 0.5 : 1.0;
                    }});
  ASSERT_EQ(arena.ranges().size(), 3u);
  const UpdateRange unused = arena.ranges()[0], matrix = arena.ranges()[1], bias = arena.ranges()[2];
  EXPECT_TRUE(unused.end == 32 && unused.decayed && unused.learning_rate_factor == 1);
  EXPECT_TRUE(matrix.begin == 32 && matrix.end == 48 && matrix.decayed && matrix.learning_rate_factor == 0.5);
  EXPECT_TRUE(bias.begin == 48 && bias.end == 64 && !bias.decayed && bias.learning_rate_factor == 1);
  EXPECT_EQ(arena.segments()[1].begin, 32);
}

TEST_F(ArenaTest, TellsWhenAGradientIsReady) {
  std::vector<std::string> ready;
  {
    const Arena arena(parameters_, {.on_gradient_ready = [&](const Segment& segment) {
                        EXPECT_TRUE(gradient_of(segment.parameter).defined());
                        ready.push_back(segment.name);
                      }});
    run_backward();
    EXPECT_THAT(ready, testing::UnorderedElementsAre("bias", "matrix"));
  }
  run_backward();
  EXPECT_EQ(ready.size(), 2u) << "the hook goes with its arena";
}

TEST_F(ArenaTest, KeepsBfloat16Copies) {
  Arena arena(parameters_, {.bfloat16_copies = true});
  const Tensor copy = matrix_.autograd()->compute_copy;
  const auto expect_copied = [&] {
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_EQ(copy.to_vector<bfloat16>()[i].bits, bfloat16(matrix_.to_vector<float>()[i]).bits);
  };
  expect_copied();
  matrix_.copy_from(Tensor::full({2, 3}, 0.1));
  arena.refresh_copies();
  expect_copied();
}

TEST_F(ArenaTest, FindsTheFirstValueThatIsNotFinite) {
  const Arena arena(parameters_);
  EXPECT_EQ(arena.first_not_finite(arena.parameters()), nullptr);
  unused_.mutable_data<float>()[16] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(arena.first_not_finite(arena.parameters())->name, "unused");
  matrix_.mutable_data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(arena.first_not_finite(arena.parameters())->name, "matrix");
}

TEST_F(ArenaTest, RefusesWhatCannotBeTrained) {
  EXPECT_THAT([&] { Arena(parameters_, {.trainable = [](const nn::Parameter&) { return false; }}); },
              ThrowsMessage<Error>("there is nothing to train: no parameter is trainable"));
  scope_.parameter("empty", {1}, nn::Initializer::zeros());
  EXPECT_THAT([&] { Arena arena(parameters_); },
              ThrowsMessage<Error>("parameter empty cannot be trained: it has no values yet"));
}

TEST(ClipScale, IsTorchs) {
  EXPECT_DOUBLE_EQ(clip_scale(4, 1), 1 / (4 + 1e-6));
  EXPECT_DOUBLE_EQ(clip_scale(0.5, 1), 1);
  EXPECT_DOUBLE_EQ(clip_scale(100, 0), 1) << "0: no bound";
}

}  // namespace
}  // namespace attune::train
