#include "attune/series/scaler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "attune/base/error.h"

namespace attune::series {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

Panel panel(std::vector<double> values) {
  const auto rows = static_cast<std::int64_t>(values.size() / 2);
  return {.columns = {"x", "y"}, .targets = 2, .spans = {{.length = rows}}, .values = std::move(values)};
}

TEST(Scaler, HasTheMeanAndThePopulationsDeviation) {
  const Scaler scaler = Scaler::fit(panel({1, 10, 3, 10, none, 10}), 3);
  EXPECT_THAT(scaler.means(), testing::ElementsAre(2, 10));
  EXPECT_THAT(scaler.deviations(), testing::ElementsAre(1, 1));  // a constant column keeps its unit
  const auto scaled = scaler.scaled(panel({1, 10, 3, 11, none, 10}));
  EXPECT_FLOAT_EQ(scaled[0], -1);
  EXPECT_FLOAT_EQ(scaled[3], 1);
  EXPECT_TRUE(std::isnan(scaled[4]));
  EXPECT_DOUBLE_EQ(scaler.original(-1, 0), 1);
}

TEST(Scaler, SeesNothingOfWhatComesAfterTheTrainingPart) {
  const Scaler before = Scaler::fit(panel({1, 2, 3, 4, 5, 6, 7, 8}), 2);
  // The future is planted with another world; a scaler that looked would change.
  const Scaler after = Scaler::fit(panel({1, 2, 3, 4, 1e9, -1e9, none, 1e12}), 2);
  EXPECT_EQ(before.means(), after.means());
  EXPECT_EQ(before.deviations(), after.deviations());
  const Scaler leaking = Scaler::fit(panel({1, 2, 3, 4, 1e9, -1e9, none, 1e12}), 4);
  EXPECT_NE(leaking.means(), before.means());
}

TEST(Scaler, RefusesAColumnWithoutValues) {
  try {
    Scaler::fit(panel({1, none, 3, none, 5, 6}), 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("\"y\""));
  }
}

TEST(Scaler, RefusesAColumnTooLargeToBeSquared) {
  for (const double large : {1e300, std::numeric_limits<double>::max()}) {
    try {
      Scaler::fit(panel({1, large, 2, -large, 3, large}), 3);
      FAIL() << large;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("column \"y\" has values whose squares"));
    }
  }
}

TEST(Scaler, KeepsSmallChangesOfLargeNumbers) {
  const Panel counter = panel({1e9 + 1, 0, 1e9 + 2, 1, 1e9 + 3, 2});
  const Scaler scaler = Scaler::fit(counter, 3);
  EXPECT_NEAR(scaler.deviations()[0], std::sqrt(2.0 / 3), 1e-6);
  EXPECT_NEAR(scaler.scaled(counter)[4], 1 / std::sqrt(2.0 / 3), 1e-6);
}

}  // namespace
}  // namespace attune::series
