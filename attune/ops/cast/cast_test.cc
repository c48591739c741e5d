#include "attune/ops/cast/cast.h"

#include <gtest/gtest.h>

#include "attune/autograd/tape.h"

namespace attune::ops {
namespace {

TEST(Cast, RoundsToNearestWithTiesToEven) {
  const Tensor x = Tensor::from<float>({1.00390625f, 1.01171875f, 1.005f, -3.0f}, {4});  // two ties
  const auto y = cast(x, DType::bfloat16).to_vector<bfloat16>();
  EXPECT_EQ(static_cast<float>(y[0]), 1.0f);
  EXPECT_EQ(static_cast<float>(y[1]), 1.015625f);
  EXPECT_EQ(static_cast<float>(y[2]), 1.0078125f);
  EXPECT_EQ(static_cast<float>(y[3]), -3.0f);
}

TEST(Cast, GradientHasTheTypeOfTheInput) {
  const Tensor x = Tensor::from<float>({0.1f, 2.7f}, {2});
  require_gradient(x);
  const Tensor y = cast(x, DType::bfloat16);
  backward(y, Tensor::from<bfloat16>({bfloat16(3.0f), bfloat16(-0.5f)}, {2}));
  EXPECT_EQ(gradient_of(x).to_vector<float>(), (std::vector<float>{3.0f, -0.5f}));
}

TEST(Cast, ToTheSameTypeIsTheTensorItself) {
  const Tensor x = Tensor::arange(3, DType::float32);
  EXPECT_TRUE(cast(x, DType::float32).shares_storage_with(x));
}

}  // namespace
}  // namespace attune::ops
