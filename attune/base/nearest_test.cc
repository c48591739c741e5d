#include "attune/base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace attune {
namespace {

TEST(Nearest, CountsLettersToChange) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("same", "same"), 0u);
}

TEST(Nearest, AStarStandsForAnyText) {
  EXPECT_EQ(edit_distance("bert.*", "bert.pooler.bias"), 0u);
  EXPECT_EQ(edit_distance("*", ""), 0u);
  EXPECT_EQ(edit_distance("brt.*.bias", "bert.pooler.bias"), 1u);
  EXPECT_EQ(edit_distance("*.weight", "pooler.bias"), 4u + 1u)
      << "bias becomes weight by replacing and adding";
}

TEST(Nearest, TheClosestOfSome) {
  const std::vector<std::string> names = {"pooler.bias", "classifier.bias", "classifier.weight"};
  EXPECT_EQ(*nearest_of("clasifier.*t", names), "classifier.weight");
  EXPECT_EQ(nearest_of("x", {}), nullptr);
}

}  // namespace
}  // namespace attune
