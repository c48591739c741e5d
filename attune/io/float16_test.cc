#include "attune/io/float16.h"

#include <gtest/gtest.h>

#include <cmath>

namespace attune::io {
namespace {

// The compiler's own type is the independent reference.
TEST(Float16, EveryHalfBecomesTheSameFloat32) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const auto expected = static_cast<float>(std::bit_cast<_Float16>(half));
    const float got = float32_from_float16(half);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(got)) << bits;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(expected)) << bits;
    }
  }
}

TEST(Float16, RoundsAsTheCompilerDoes) {
  const auto expect_same = [](float value) {
    ASSERT_EQ(float16_from_float32(value), std::bit_cast<std::uint16_t>(static_cast<_Float16>(value)))
        << value;
  };
  for (std::uint32_t high = 0; high < 0x10000; ++high) {
    // Around every float32 that a half can be halfway to.
    for (const std::uint32_t low : {0u, 1u, 0x0fffu, 0x1000u, 0x1001u, 0x3000u, 0x8000u, 0xffffu}) {
      const float value = std::bit_cast<float>(high << 16 | low);
      if (!std::isnan(value)) expect_same(value);
    }
  }
  EXPECT_TRUE(std::isnan(float32_from_float16(float16_from_float32(NAN))));
}

}  // namespace
}  // namespace attune::io
