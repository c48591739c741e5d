#include "attune/series/windows.h"

#include <gtest/gtest.h>

#include "attune/base/error.h"

namespace attune::series {
namespace {

// Two series: steps 0 to 9 and 4 to 9.
std::vector<Span> spans() {
  return {{.id = "a", .first_step = 0, .length = 10, .first_row = 0},
          {.id = "b", .first_step = 4, .length = 6, .first_row = 10}};
}

TEST(Windows, StayInsideTheirSeries) {
  const auto all = spans();
  const Windows windows(all, {0, 10}, 3, 2);
  // a: targets begin at 3 to 8; b: at 7 and 8.
  ASSERT_EQ(windows.count(), 8);
  EXPECT_EQ(windows.at(0).span, 0U);
  EXPECT_EQ(windows.at(0).target_step, 3);
  EXPECT_EQ(windows.at(5).target_step, 8);
  EXPECT_EQ(windows.at(6).span, 1U);
  EXPECT_EQ(windows.at(6).target_step, 7);
  EXPECT_EQ(windows.at(7).target_step, 8);
  EXPECT_THROW(windows.at(8), Error);
}

TEST(Windows, OfAPartReachBackForTheirPastOnly) {
  const auto all = spans();
  const Windows windows(all, {6, 9}, 3, 2);
  // Targets lie in steps 6 to 8: a begins at 6 and 7, b at 7.
  ASSERT_EQ(windows.count(), 3);
  EXPECT_EQ(windows.at(0).target_step, 6);
  EXPECT_EQ(windows.at(2).span, 1U);
  EXPECT_EQ(windows.at(2).target_step, 7);
}

TEST(Windows, CountSeriesThatAreTooShort) {
  const auto all = spans();
  const Windows windows(all, {0, 10}, 5, 2);
  EXPECT_EQ(windows.count(), 4);
  EXPECT_EQ(windows.too_short(), 1);
}

TEST(Windows, OfTheStandardTestOfETTh1AreAllThere) {
  const std::vector<Span> whole{{.first_step = 0, .length = 17420}};
  EXPECT_EQ(Windows(whole, {0, 8640}, 96, 96).count(), 8640 - 96 - 96 + 1);
  EXPECT_EQ(Windows(whole, {11520, 14400}, 96, 96).count(), 2880 - 96 + 1);
}

}  // namespace
}  // namespace attune::series
