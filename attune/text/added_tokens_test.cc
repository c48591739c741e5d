#include "attune/text/added_tokens.h"

#include <gtest/gtest.h>

#include "attune/base/error.h"

namespace attune::text {
namespace {

TEST(AddedTokensTest, FindsTheFirstAndOfThoseTheLongest) {
  const AddedTokens tokens({{1, "<a>"}, {2, "<a><b>"}, {3, "b"}});
  const std::string text = "x<a>y<a><b>";
  const auto first = tokens.find(text, 0);
  EXPECT_EQ(first.token->id, 1);
  EXPECT_EQ(first.begin, 1u);
  EXPECT_EQ(first.end, 4u);
  const auto second = tokens.find(text, first.end);
  EXPECT_EQ(second.token->id, 2);
  EXPECT_EQ(second.begin, 5u);
  EXPECT_EQ(tokens.find(text, second.end).token, nullptr);
  EXPECT_EQ(tokens.find(text, second.end).begin, text.size());
}

TEST(AddedTokensTest, KnowsPositionsInsideATerm) {
  const AddedTokens tokens({{1, "a b"}});
  const std::string text = "xa by";
  EXPECT_FALSE(tokens.covers(text, 1));
  EXPECT_TRUE(tokens.covers(text, 2));
  EXPECT_TRUE(tokens.covers(text, 3));
  EXPECT_FALSE(tokens.covers(text, 4));
}

TEST(AddedTokensTest, RefusesEmptyAndTwofoldTokens) {
  EXPECT_THROW(AddedTokens({{1, ""}}), Error);
  EXPECT_THROW(AddedTokens({{1, "x"}, {2, "x"}}), Error);
}

}  // namespace
}  // namespace attune::text
