#include "attune/tasks/shuffle.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace attune::tasks {
namespace {

std::vector<std::uint64_t> order(std::uint64_t count, std::uint64_t seed, std::uint64_t round) {
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < count; ++i) places.push_back(shuffled(i, count, seed, round));
  return places;
}

TEST(Shuffled, IsAPermutationForEveryCount) {
  for (std::uint64_t count : {1, 2, 3, 5, 64, 65, 1000}) {
    const auto places = order(count, 1, 0);
    EXPECT_EQ(std::set<std::uint64_t>(places.begin(), places.end()).size(), count);
    for (std::uint64_t place : places) EXPECT_LT(place, count);
  }
}

TEST(Shuffled, DiffersBySeedAndRoundAndFromTheOrderItself) {
  EXPECT_EQ(order(200, 1, 0), order(200, 1, 0));
  EXPECT_NE(order(200, 1, 0), order(200, 1, 1));
  EXPECT_NE(order(200, 1, 0), order(200, 2, 0));
  int fixed = 0;
  for (std::uint64_t i = 0; i < 200; ++i) fixed += shuffled(i, 200, 1, 0) == i ? 1 : 0;
  EXPECT_LT(fixed, 10);
}

}  // namespace
}  // namespace attune::tasks
