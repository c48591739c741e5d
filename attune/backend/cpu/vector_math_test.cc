// Every function against the double precision of <cmath>, on every instruction set this processor has.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)  // as the library is compiled
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/vector_math_test.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_VECTOR_MATH_TEST_ONCE
#define ATTUNE_VECTOR_MATH_TEST_ONCE
namespace attune::cpu {
enum class Function { exp, log, tanh, erf, sigmoid };
}
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

void apply(Function function, const float* x, float* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto v = load(d, x + i, lanes);
    switch (function) {
      case Function::exp:
        return store(d, exp(d, v), y + i, lanes);
      case Function::log:
        return store(d, log(d, v), y + i, lanes);
      case Function::tanh:
        return store(d, tanh(d, v), y + i, lanes);
      case Function::erf:
        return store(d, erf(d, v), y + i, lanes);
      case Function::sigmoid:
        return store(d, sigmoid(d, v), y + i, lanes);
    }
  });
}

void copy_to_bfloat16(const float* x, bfloat16* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n,
              [&](std::int64_t i, auto lanes) HWY_ATTR { store(d, load(d, x + i, lanes), y + i, lanes); });
}

void copy_from_bfloat16(const bfloat16* x, float* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n,
              [&](std::int64_t i, auto lanes) HWY_ATTR { store(d, load(d, x + i, lanes), y + i, lanes); });
}

float sum(const float* x, std::int64_t n) {
  const hn::ScalableTag<float> d;
  return sum_of(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    return hn::Add(load(d, x + i, lanes), hn::Set(d, 1.0f));  // not zero in the lanes beyond the end
  });
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(apply);
HWY_EXPORT(copy_to_bfloat16);
HWY_EXPORT(copy_from_bfloat16);
HWY_EXPORT(sum);

constexpr float infinity = std::numeric_limits<float>::infinity();

// One test for each instruction set.
class VectorMath : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

double true_value(Function function, double x) {
  switch (function) {
    case Function::exp:
      return std::exp(x);
    case Function::log:
      return std::log(x);
    case Function::tanh:
      return std::tanh(x);
    case Function::erf:
      return std::erf(x);
    case Function::sigmoid:
      return 1 / (1 + std::exp(-x));
  }
  return 0;
}

// The error of y in units in the last place of the float nearest to `truth`.
double error_in_ulp(float y, double truth) {
  const float nearest = static_cast<float>(truth);
  if (std::isnan(nearest)) return std::isnan(y) ? 0 : infinity;
  if (y == nearest) return 0;
  if (std::isinf(nearest)) return y >= std::numeric_limits<float>::max() ? 1 : infinity;
  const double ulp = std::ldexp(1.0, std::max(std::ilogb(nearest), -126) - 23);
  return std::abs(y - truth) / ulp;
}

std::vector<float> sweep_of_all_floats(std::uint32_t stride) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += stride) {
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (int i = -200000; i <= 200000; ++i) x.push_back(static_cast<float>(i) * 5.001e-4f);  // [-100, 100]
  const float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  for (float special : {0.0f, 1.0f, infinity, most, least, std::numeric_limits<float>::min(), 88.7228394f,
                        88.7228317f, 87.3365402f, 87.33654f, 104.0f, 0.9f, 0.625f, 4.0f}) {
    x.insert(x.end(), {special, -special});
  }
  x.push_back(std::numeric_limits<float>::quiet_NaN());
  return x;
}

void expect_within(Function function, double bound, bool flushes_subnormals) {
  const std::vector<float> x = sweep_of_all_floats(4099);
  std::vector<float> y(x.size());
  HWY_DYNAMIC_DISPATCH(apply)(function, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  double worst = 0;
  float worst_at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double truth = true_value(function, x[i]);
    if (flushes_subnormals && y[i] == 0 && std::abs(truth) < std::numeric_limits<float>::min()) continue;
    const double error = error_in_ulp(y[i], truth);
    if (error > worst) {
      worst = error;
      worst_at = x[i];
    }
  }
  testing::Test::RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LE(worst, bound) << "at x = " << worst_at;
}

TEST_P(VectorMath, Exp) { expect_within(Function::exp, 1.1, true); }
TEST_P(VectorMath, Log) { expect_within(Function::log, 1, false); }
TEST_P(VectorMath, Tanh) { expect_within(Function::tanh, 2, false); }
TEST_P(VectorMath, Erf) { expect_within(Function::erf, 2, false); }
TEST_P(VectorMath, Sigmoid) { expect_within(Function::sigmoid, 3, true); }

TEST_P(VectorMath, Bfloat16RoundsToNearestEvenAndKeepsNan) {
  std::vector<float> x = sweep_of_all_floats(65521 / 7);
  for (std::uint32_t bits : {0x3f808000u, 0x3f818000u, 0x3f808001u, 0x7f7fffffu, 0x7f800001u, 0xffffffffu}) {
    x.push_back(std::bit_cast<float>(bits));  // ties to even down and up, above a tie, to infinity, NaN
  }
  std::vector<bfloat16> y(x.size());
  HWY_DYNAMIC_DISPATCH(copy_to_bfloat16)(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      EXPECT_TRUE(std::isnan(static_cast<float>(y[i])));
    } else {
      EXPECT_EQ(y[i].bits, bfloat16(x[i]).bits) << x[i];
    }
  }
}

// Arrays of every length up to a few vectors, without room to spare: nothing beyond the end is touched.
TEST_P(VectorMath, OddEndsStayInside) {
  for (std::int64_t n = 0; n <= 70; ++n) {
    std::vector<bfloat16> x(static_cast<std::size_t>(n));
    std::vector<float> y(static_cast<std::size_t>(n) + 1, -1.0f);
    for (std::int64_t i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = bfloat16(static_cast<float>(i));
    HWY_DYNAMIC_DISPATCH(copy_from_bfloat16)(x.data(), y.data(), n);
    for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(y[static_cast<std::size_t>(i)], static_cast<float>(i));
    EXPECT_EQ(y.back(), -1.0f);
    y.pop_back();
    y.shrink_to_fit();
    EXPECT_EQ(HWY_DYNAMIC_DISPATCH(sum)(y.data(), n), static_cast<float>(n * (n - 1) / 2 + n));
    std::vector<bfloat16> z(static_cast<std::size_t>(n) + 1, bfloat16(-1.0f));
    HWY_DYNAMIC_DISPATCH(copy_to_bfloat16)(y.data(), z.data(), n);
    EXPECT_EQ(static_cast<float>(z.back()), -1.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryInstructionSet, VectorMath,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) { return std::string(hwy::TargetName(target.param)); });

}  // namespace
}  // namespace attune::cpu
#endif  // HWY_ONCE
