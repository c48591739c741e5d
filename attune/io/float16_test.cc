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

}  // namespace
}  // namespace attune::io
