#include "attune/ops/linear/packed.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/test_values.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

Tensor random(const Shape& shape, DType dtype, unsigned seed) {
  const Tensor values = Tensor::from(cpu::random_values<float>(shape.elements(), seed), shape);
  return cast(values, dtype);
}

class PackedWeightTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!PackedWeight::is_supported(Tensor::zeros({1, 1}))) GTEST_SKIP() << "needs AVX-512";
  }
};

void expect_same(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 std::optional<ActivationKind> kind) {
  const NoGrad no_grad;
  const Tensor got = linear(x, PackedWeight(weight), bias, kind);
  Tensor expected = linear(cast(x, DType::float64), cast(weight, DType::float64),
                           bias.defined() ? cast(bias, DType::float64) : Tensor());
  if (kind) expected = activation(expected, *kind);
  ASSERT_EQ(got.shape(), expected.shape());
  ASSERT_EQ(got.dtype(), x.dtype());
  const auto a = cast(got, DType::float64).to_vector<double>(), b = expected.to_vector<double>();
  const bool exact = x.dtype() == DType::float32 && weight.dtype() == DType::float32;
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], exact ? 2e-5 : 0.08 + 0.01 * std::abs(b[i]))
        << fmt::format("element {} of {}", i, x.shape());
}

TEST_F(PackedWeightTest, GivesTheSameProducts) {
  const std::optional<ActivationKind> kinds[] = {std::nullopt, ActivationKind::gelu,
                                                 ActivationKind::gelu_tanh, ActivationKind::relu};
  const std::pair<DType, DType> types[] = {{DType::float32, DType::float32},
                                           {DType::bfloat16, DType::bfloat16},
                                           {DType::float32, DType::bfloat16}};
  for (const auto& [x_type, weight_type] : types) {
    const Tensor weight = random({72, 40}, weight_type, 1);
    const Tensor bias = random({72}, DType::float32, 2);
    for (const auto& kind : kinds) {
      expect_same(random({3, 37, 40}, x_type, 3), weight, bias, kind);
      expect_same(random({2, 40}, x_type, 4), weight, bias, kind);  // few rows
      expect_same(random({100, 40}, x_type, 5), weight, {}, kind);
      expect_same(transpose(random({40, 100}, x_type, 6), 0, 1), weight, bias, kind);
    }
    expect_same(random({64, 72}, x_type, 7), transpose(weight, 0, 1), {}, std::nullopt);
    expect_same(random({0, 40}, x_type, 8), weight, bias, std::nullopt);
  }
}

TEST_F(PackedWeightTest, GradientsRunOnThePlainWeight) {
  const Tensor weight = random({8, 40}, DType::float32, 1), x = random({64, 40}, DType::float32, 2);
  require_gradient(weight);
  const PackedWeight packed(weight);
  backward(linear(x, packed, {}, ActivationKind::gelu), random({64, 8}, DType::float32, 3));
  EXPECT_TRUE(gradient_of(weight).defined());
}

TEST_F(PackedWeightTest, AChangedWeightIsAnError) {
  const NoGrad no_grad;
  const Tensor weight = random({8, 40}, DType::float32, 1), x = random({64, 40}, DType::float32, 2);
  const PackedWeight packed(weight);
  weight.mutable_data<float>()[0] = 1;
  EXPECT_THAT([&] { linear(x, packed); },
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("changed since it was packed")));
}

}  // namespace
}  // namespace attune::ops
