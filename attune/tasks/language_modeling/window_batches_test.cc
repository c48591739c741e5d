#include "attune/tasks/language_modeling/window_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

std::int64_t length(std::int64_t, std::int64_t place) { return place * 37 % 101; }

std::vector<std::int64_t> taken(WindowBatches& batches, std::int64_t epoch, std::int64_t index) {
  const auto batch = batches.batch(epoch, index);
  return {batch.begin(), batch.end()};
}

TEST(WindowBatches, AnEpochHasEveryPlaceOnce) {
  WindowBatches batches(403, 4, 1, length);
  EXPECT_EQ(batches.per_epoch(), 101);
  std::multiset<std::int64_t> seen;
  for (std::int64_t i = 0; i < 101; ++i) {
    for (const std::int64_t place : batches.batch(2, i)) seen.insert(place);
  }
  EXPECT_EQ(seen.size(), 403u);
  EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 403u);
}

TEST(WindowBatches, ExamplesOfABatchHaveSimilarLengths) {
  WindowBatches batches(800, 8, 1, length);
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const auto places = taken(batches, 0, i);
    const auto [shortest, longest] =
        std::ranges::minmax(places, {}, [](std::int64_t place) { return length(0, place); });
    EXPECT_LE(length(0, longest) - length(0, shortest), 4) << "of 0 to 100";
  }
}

TEST(WindowBatches, AreAFunctionOfSeedEpochAndIndex) {
  WindowBatches batches(500, 4, 1, length), other(500, 4, 2, length);
  const auto first = taken(batches, 0, 3);
  EXPECT_NE(taken(batches, 1, 3), first);
  taken(batches, 0, 120);
  EXPECT_EQ(taken(batches, 0, 3), first);
  EXPECT_NE(taken(other, 0, 3), first);
  EXPECT_THROW(WindowBatches(5, 0, 1, length), UsageError);
}

}  // namespace
}  // namespace attune::tasks
