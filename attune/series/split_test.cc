#include "attune/series/split.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"

namespace attune::series {
namespace {

TEST(ParseSplit, TakesSharesAndGivesWhatRoundingLeavesToValidation) {
  // As the Time-Series-Library: int(17420 * 0.7), int(17420 * 0.2), and the rest between them.
  const Split split = parse_split("0.7,0.1,0.2", 17420);
  EXPECT_EQ(split.train, (Steps{0, 12194}));
  EXPECT_EQ(split.valid, (Steps{12194, 13936}));
  EXPECT_EQ(split.test, (Steps{13936, 17420}));
}

TEST(ParseSplit, LeavesOutWhatNoShareNames) {
  const Split split = parse_split("0.5,0.25,0", 100);
  EXPECT_EQ(split.valid, (Steps{50, 75}));
  EXPECT_EQ(split.test.count(), 0);
  EXPECT_EQ(parse_split("1,0,0", 10).train.count(), 10);
}

TEST(ParseSplit, TakesRowsAndDoesNotUseWhatFollows) {
  const Split split = parse_split("8640,2880,2880", 17420);
  EXPECT_EQ(split.train, (Steps{0, 8640}));
  EXPECT_EQ(split.test, (Steps{11520, 14400}));
}

void expect_refused(const char* text, const char* says) {
  try {
    parse_split(text, 100);
    FAIL() << text << " was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(says)) << text;
  }
}

TEST(ParseSplit, RefusesWhatIsNoSplit) {
  expect_refused("0.7,0.3", "three");
  expect_refused("0.7,0.2,0.2", "at most 1");
  expect_refused("80,20,1", "has 100");
  expect_refused("0,50,50", "nothing to learn");
  expect_refused("0.7,x,0.2", "\"x\"");
  expect_refused("0.7,,0.2", "\"\"");
  expect_refused("70.5,10,10", "whole numbers");
  expect_refused("-1,1,1", "\"-1\"");
  expect_refused("nan,0.1,0.2", "\"nan\"");
}

}  // namespace
}  // namespace attune::series
