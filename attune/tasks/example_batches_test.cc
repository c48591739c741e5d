#include "attune/tasks/example_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

std::vector<std::int64_t> some_lengths(std::size_t count) {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < count; ++i) lengths.push_back(static_cast<std::int64_t>(1 + i * 37 % 101));
  return lengths;
}

std::vector<std::uint32_t> epoch_of(ExampleBatches& batches, std::int64_t epoch) {
  std::vector<std::uint32_t> all;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const auto batch = batches.batch(epoch, i);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  return all;
}

std::int64_t padded_size(ExampleBatches& batches, const std::vector<std::int64_t>& lengths) {
  std::int64_t size = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    std::int64_t longest = 0;
    const auto batch = batches.batch(0, i);
    for (const std::uint32_t example : batch) longest = std::max(longest, lengths[example]);
    size += longest * static_cast<std::int64_t>(batch.size());
  }
  return size;
}

TEST(ExampleBatchesTest, EveryEpochHasEachExampleOnce) {
  ExampleBatches batches(some_lengths(1003), 8, 5);
  EXPECT_EQ(batches.per_epoch(), 126);
  for (const std::int64_t epoch : {0, 1, 7}) {
    std::vector<std::uint32_t> all = epoch_of(batches, epoch), expected(1003);
    std::iota(expected.begin(), expected.end(), 0);
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, expected);
  }
}

TEST(ExampleBatchesTest, TheOrderIsAFunctionOfSeedAndEpoch) {
  ExampleBatches one(some_lengths(100), 8, 5), same(some_lengths(100), 8, 5), other(some_lengths(100), 8, 6);
  const auto second = epoch_of(one, 1), first = epoch_of(one, 0);
  EXPECT_EQ(first, epoch_of(same, 0));
  EXPECT_NE(first, second);
  EXPECT_NE(first, epoch_of(other, 0));
}

TEST(ExampleBatchesTest, LittleOfABatchIsPadding) {
  const auto lengths = some_lengths(2000);
  ExampleBatches batches(lengths, 8, 1);
  const auto tokens = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  EXPECT_LT(padded_size(batches, lengths), tokens * 1.05);  // at random it would be 1.8 times
}

TEST(ExampleBatchesTest, SortedBatchesGoFromShortToLong) {
  const auto lengths = some_lengths(21);
  const ExampleBatches batches(lengths, 8, 1);
  std::int64_t last = 0, count = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    for (const std::uint32_t example : batches.sorted_batch(i)) {
      EXPECT_GE(lengths[example], last);
      last = lengths[example];
      ++count;
    }
  }
  EXPECT_EQ(count, 21);
}

TEST(ExampleBatchesTest, VisitsByLengthAndPutsRowsBack) {
  const auto lengths = some_lengths(21);
  std::vector<float> all(2 * 21);
  std::int64_t last = 0;
  const auto visit = [&](std::span<const std::uint32_t> examples) {
    std::vector<float> rows;
    for (const std::uint32_t example : examples) {
      EXPECT_GE(lengths[example], last);
      last = lengths[example];
      rows.insert(rows.end(), {static_cast<float>(example), -static_cast<float>(example)});
    }
    put_rows(rows, examples, all);
  };
  EXPECT_TRUE(for_each_by_length(lengths, 8, visit));
  for (std::size_t i = 0; i < 21; ++i) {
    EXPECT_EQ(all[2 * i], static_cast<float>(i));
    EXPECT_EQ(all[2 * i + 1], -static_cast<float>(i));
  }
  int asked = 0;
  last = 0;
  EXPECT_FALSE(for_each_by_length(lengths, 8, visit, [&] { return ++asked == 2; }));
}

TEST(ExampleBatchesTest, RefusesABatchOfNone) { EXPECT_THROW(ExampleBatches({1, 2}, 0, 1), UsageError); }

}  // namespace
}  // namespace attune::tasks
