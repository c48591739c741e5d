#include "attune/tensor/loop.h"

#include <gtest/gtest.h>

#include <set>

namespace attune {
namespace {

// Every pair of offsets that the loop visits; ordered by where it lies in the first operand.
std::multiset<std::pair<std::int64_t, std::int64_t>> visited(const Loop<2>& loop) {
  std::multiset<std::pair<std::int64_t, std::int64_t>> pairs;
  loop.parallel([&](const auto& at, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
#pragma omp critical
      pairs.emplace(at[0] + i * loop.step(0), at[1] + i * loop.step(1));
    }
  });
  return pairs;
}

TEST(Loop, VisitsEveryElementOnce) {
  const Shape shape{3, 1, 4, 5};
  const Shape broadcast{0, 9, 5, 1}, transposed{1, 7, 3, 12};
  std::multiset<std::pair<std::int64_t, std::int64_t>> expected;
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      for (std::int64_t k = 0; k < 5; ++k) expected.emplace(j * 5 + k, i + j * 3 + k * 12);
    }
  }
  EXPECT_EQ(visited(Loop<2>(shape, {broadcast, transposed})), expected);
}

TEST(Loop, SharesManyRowsAndOneLongRowAmongThreads) {
  const std::int64_t rows = 3000, width = 50;
  const Loop<2> many({rows, width}, {Shape{width, 1}, Shape{1, 0}});
  const auto pairs = visited(many);
  EXPECT_EQ(pairs.size(), static_cast<std::size_t>(rows * width));
  for (const auto& [first, second] : pairs) ASSERT_EQ(second, first / width);
  const Loop<2> one({100000}, {Shape{1}, Shape{2}});
  const auto long_row = visited(one);
  EXPECT_EQ(long_row.size(), 100000u);
  for (const auto& [first, second] : long_row) ASSERT_EQ(second, 2 * first);
}

TEST(Loop, MergesWhatLiesWithoutGaps) {
  const Shape shape{4, 3, 5}, plain{15, 5, 1};
  EXPECT_TRUE((Loop<2>(shape, {plain, plain}).is_flat()));
  EXPECT_FALSE((Loop<2>(shape, {plain, Shape{0, 5, 1}}).is_flat()));
  EXPECT_FALSE((Loop<2>(shape, {plain, Shape{30, 10, 2}}).is_flat()));
  EXPECT_TRUE((Loop<2>({1, 3, 1}, {Shape{99, 1, 98}, Shape{7, 1, 6}}).is_flat()));
}

TEST(Loop, OfNothingAndOfAScalar) {
  EXPECT_TRUE(visited(Loop<2>({3, 0}, {Shape{1, 1}, Shape{1, 1}})).empty());
  EXPECT_EQ(visited(Loop<2>({}, {Shape{}, Shape{}})).size(), 1u);
}

}  // namespace
}  // namespace attune
