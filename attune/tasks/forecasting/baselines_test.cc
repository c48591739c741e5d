#include "attune/tasks/forecasting/baselines.h"

#include <gmock/gmock.h>

#include <limits>

#include "attune/tasks/forecasting/test_data.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::vector<float> of(Baseline baseline, const ForecastData& data, std::int64_t step, std::int64_t context,
                      std::int64_t season = 1) {
  return baseline_forecast(baseline, data, {0, step}, context, 3, season);
}

TEST(Baselines, ContinueAPast) {
  const ForecastData data = testing::small_data({{9, 1, 2, 6, 5, 0, 0, 0}});
  // The past is 1, 2, 6, 5.
  EXPECT_THAT(of(Baseline::last, data, 5, 4), ElementsAre(5, 5, 5));
  EXPECT_THAT(of(Baseline::seasonal, data, 5, 4, 2), ElementsAre(6, 5, 6));
  // (5 - 1) / 3 a step.
  EXPECT_THAT(of(Baseline::drift, data, 5, 4),
              ElementsAre(FloatNear(5 + 4 / 3.F, 1e-5), FloatNear(5 + 8 / 3.F, 1e-5), FloatNear(9, 1e-5)));
  // Least squares by hand: slope 1.6, mean 3.5 at the middle.
  EXPECT_THAT(of(Baseline::linear, data, 5, 4),
              ElementsAre(FloatNear(7.5, 1e-5), FloatNear(9.1, 1e-5), FloatNear(10.7, 1e-5)));
}

TEST(Baselines, ReachBackForALongSeasonAndFallBackToTheLastValue) {
  const ForecastData data = testing::small_data({{7, 8, none, 1, 2, 0, 0, 0}});
  EXPECT_THAT(of(Baseline::seasonal, data, 5, 2, 5), ElementsAre(7, 8, 2));
}

TEST(Baselines, PassOverMissingValues) {
  const ForecastData data = testing::small_data({{1, none, 3, none, 0, 0, 0}});
  EXPECT_THAT(of(Baseline::last, data, 4, 4), ElementsAre(3, 3, 3));
  EXPECT_THAT(of(Baseline::drift, data, 4, 4), ElementsAre(5, 6, 7));
  EXPECT_THAT(of(Baseline::linear, data, 4, 4),
              ElementsAre(FloatNear(5, 1e-5), FloatNear(6, 1e-5), FloatNear(7, 1e-5)));
}

TEST(Baselines, NeverLookAtWhatTheyForecast) {
  for (const Baseline baseline : all_baselines) {
    const ForecastData calm = testing::small_data({{1, 2, 3, 4, 5, 6, 7}});
    const ForecastData wild = testing::small_data({{1, 2, 3, 4, 1e6, -1e6, 1e6}});
    EXPECT_EQ(of(baseline, calm, 4, 4, 2), of(baseline, wild, 4, 4, 2)) << name_of(baseline);
  }
}

}  // namespace
}  // namespace attune::tasks
