#include "attune/train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/io/safetensors.h"

namespace attune::train {
namespace {

// Ten steps against PyTorch's own (tests/goldens/make_optimizer.py).
class OptimizerTest : public testing::TestWithParam<OptimizerKind> {
 protected:
  OptimizerTest() {
    Generator generator;
    parameters_.initialize(generator);
    for (const auto& [name, tensor, initializer, trained] : parameters_.all())
      tensor.copy_from(golden("start." + name));
  }

  Tensor golden(const std::string& name) const {
    const io::TensorView& view = *golden_.find(name);
    const Tensor tensor = Tensor::empty(Shape(view.shape));
    io::read_elements<float>(view,
                             {tensor.mutable_data<float>(), static_cast<std::size_t>(tensor.elements())});
    return tensor;
  }

  OptimizerOptions options() const {
    return {.kind = GetParam(),
            .beta1 = 0.9,
            .beta2 = 0.99,
            .epsilon = 1e-8,
            .momentum = 0.9,
            .weight_decay = 0.1};
  }

  void give_gradients(int step) const {
    for (const auto& [name, tensor, initializer, trained] : parameters_.all()) {
      tensor.autograd()->gradient.copy_from(golden(fmt::format("gradient.{}.{}", step, name)));
      tensor.autograd()->has_gradient = true;
    }
  }

  void take_step(Arena& arena, Optimizer& optimizer, int step) const {
    give_gradients(step);
    optimizer.step(0.01 * (step + 1), clip_scale(arena.finish_gradients(), 1));
  }

  io::Safetensors golden_{ATTUNE_GOLDENS "/optimizer/golden.safetensors"};
  nn::Parameters parameters_;
  nn::Scope scope_{parameters_};
  Tensor bias_ = scope_.parameter("bias", {7}, nn::Initializer::zeros());
  Tensor matrix_ = scope_.parameter("matrix", {5, 7}, nn::Initializer::zeros());
};

TEST_P(OptimizerTest, TenStepsAreTorchs) {
  Arena arena(parameters_);
  Optimizer optimizer(arena, options());
  for (int step = 0; step < 10; ++step) {
    take_step(arena, optimizer, step);
    EXPECT_FALSE(gradient_of(matrix_).defined()) << "gradients are used up";
    for (const auto& [name, tensor, initializer, trained] : parameters_.all()) {
      const Tensor expected = golden(fmt::format("{}.{}.{}", name_of(GetParam()), step, name));
      EXPECT_THAT(tensor.to_vector<float>(),
                  testing::Pointwise(testing::FloatNear(1e-6f), expected.to_vector<float>()))
          << name << " after step " << step;
    }
  }
  EXPECT_EQ(optimizer.steps_done(), 10);
}

TEST_P(OptimizerTest, WritesTheBfloat16Copies) {
  Arena arena(parameters_, {.bfloat16_copies = true});
  Optimizer optimizer(arena, options());
  take_step(arena, optimizer, 0);
  for (const auto& [name, tensor, initializer, trained] : parameters_.all()) {
    const auto copies = tensor.autograd()->compute_copy.to_vector<bfloat16>();
    const auto values = tensor.to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(copies[i].bits, bfloat16(values[i]).bits) << name;
  }
}

TEST_P(OptimizerTest, GoesOnFromItsState) {
  std::vector<std::vector<float>> expected, state;
  {
    Arena arena(parameters_);
    Optimizer optimizer(arena, options());
    take_step(arena, optimizer, 0);
    for (const auto& [name, tensor] : optimizer.state()) state.push_back(tensor.to_vector<float>());
    expected.push_back(matrix_.to_vector<float>());
    take_step(arena, optimizer, 1);
    expected.push_back(matrix_.to_vector<float>());
  }
  matrix_.copy_from(Tensor::from(expected[0], {5, 7}));
  Arena arena(parameters_);
  Optimizer optimizer(arena, options());
  const auto fresh = optimizer.state();
  ASSERT_EQ(fresh.size(), state.size());
  for (std::size_t i = 0; i < state.size(); ++i)
    fresh[i].tensor.copy_from(Tensor::from(state[i], fresh[i].tensor.shape()));
  optimizer.set_steps_done(1);
  take_step(arena, optimizer, 1);
  EXPECT_EQ(matrix_.to_vector<float>(), expected[1]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerTest,
                         testing::Values(OptimizerKind::adamw, OptimizerKind::adam, OptimizerKind::sgd),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(OptimizerState, IsNamedByParameter) {
  nn::Parameters parameters;
  nn::Scope(parameters).parameter("w", {2, 2}, nn::Initializer::zeros());
  Generator generator;
  parameters.initialize(generator);
  Arena arena(parameters);
  const auto names = [&](const OptimizerOptions& options) {
    std::vector<std::string> found;
    for (const auto& [name, tensor] : Optimizer(arena, options).state()) found.push_back(name);
    return found;
  };
  EXPECT_THAT(names({}), testing::ElementsAre("exp_avg.w", "exp_avg_sq.w"));
  EXPECT_THAT(names({.kind = OptimizerKind::sgd, .momentum = 0.9}),
              testing::ElementsAre("momentum_buffer.w"));
  EXPECT_THAT(names({.kind = OptimizerKind::sgd}), testing::IsEmpty());
}

}  // namespace
}  // namespace attune::train
