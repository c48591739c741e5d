#include "attune/tensor/free_ranges.h"

#include <gtest/gtest.h>

#include <vector>

namespace attune {
namespace {

TEST(FreeRanges, CutsARequestFromTheSmallestThatHoldsIt) {
  std::vector<std::byte> memory(1000);
  FreeRanges free;
  free.add({memory.data(), 300});
  free.add({memory.data() + 400, 100});
  EXPECT_EQ(free.take(80).data, memory.data() + 400);
  EXPECT_EQ(free.total(), 320u);
  EXPECT_EQ(free.take(301).data, nullptr);
  EXPECT_EQ(free.take(20).data, memory.data() + 480);
  EXPECT_EQ(free.take(300).data, memory.data());
  EXPECT_EQ(free.total(), 0u);
  EXPECT_EQ(free.take_largest().data, nullptr);
}

TEST(FreeRanges, JoinsNeighboursOnBothSides) {
  std::vector<std::byte> memory(1000);
  FreeRanges free;
  free.add({memory.data(), 100});
  free.add({memory.data() + 200, 100});
  EXPECT_EQ(free.take(150).data, nullptr);
  free.add({memory.data() + 100, 100});
  EXPECT_EQ(free.total(), 300u);
  const MemoryRange whole = free.take_largest();
  EXPECT_EQ(whole.data, memory.data());
  EXPECT_EQ(whole.bytes, 300u);
}

}  // namespace
}  // namespace attune
