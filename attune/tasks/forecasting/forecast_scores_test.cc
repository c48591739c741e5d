#include "attune/tasks/forecasting/forecast_scores.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "attune/tasks/forecasting/test_data.h"

namespace attune::tasks {
namespace {

std::map<std::string, double> as_map(const ErrorSums& sums) {
  const auto metrics = sums.metrics();
  return {metrics.begin(), metrics.end()};
}

// A standardised column with mean 10 and deviation 2.
ForecastData scaled_data() {
  return {testing::small_panel({{12, 8, 14, 10}}), series::Scaler({10}, {2}), nullptr, 0};
}

TEST(ForecastScores, AreInBothUnits) {
  const ForecastData data = scaled_data();
  ForecastScores scores(data, 2, {0.5});
  // Truths are 14 and 10, standardised 2 and 0; forecasts 12 and 11.
  const std::vector<float> point{1, 0.5};
  scores.add({0, 2}, {.point = point});
  const auto metrics = as_map(scores.overall());
  EXPECT_NEAR(metrics.at("mse"), (1 + 0.25) / 2, 1e-9);
  EXPECT_NEAR(metrics.at("mae"), 0.75, 1e-9);
  EXPECT_NEAR(metrics.at("rmse"), std::sqrt(0.625), 1e-9);
  EXPECT_NEAR(metrics.at("mase"), 1.5, 1e-9);
  EXPECT_NEAR(metrics.at("original.mse"), (4 + 1) / 2.0, 1e-9);
  EXPECT_NEAR(metrics.at("original.mae"), 1.5, 1e-9);
  EXPECT_NEAR(metrics.at("original.mape"), 100 * (2 / 14.0 + 1 / 10.0) / 2, 1e-9);
  EXPECT_NEAR(metrics.at("original.smape"), 200 * (2 / 26.0 + 1 / 21.0) / 2, 1e-9);
  EXPECT_FALSE(metrics.contains("pinball"));
  EXPECT_NEAR(as_map(scores.by_step()[0]).at("mae"), 1, 1e-9);
  EXPECT_NEAR(as_map(scores.by_step()[1]).at("mae"), 0.5, 1e-9);
  EXPECT_EQ(scores.of(0, 0).count(), 2);
}

TEST(ForecastScores, MeasureQuantilesAndIntervals) {
  const ForecastData data = scaled_data();
  ForecastScores scores(data, 2, {1});
  const std::vector<float> point{1, 0.5}, quantiles{0, 2.5, 0.25, 1};
  const std::vector<double> levels{0.1, 0.9};
  scores.add({0, 2}, {.point = point, .levels = levels, .quantiles = quantiles});
  const auto metrics = as_map(scores.overall());
  EXPECT_NEAR(metrics.at("coverage"), 0.5, 1e-9);  // 2 lies in 0 to 2.5, 0 not in 0.25 to 1
  const double pinball = (0.1 * 2 + 0.9 * 0.25 + 0.1 * 0.5 + 0.1 * 1) / 4;
  EXPECT_NEAR(metrics.at("pinball"), pinball, 1e-9);
  EXPECT_NEAR(metrics.at("original.pinball"), 2 * pinball, 1e-9);
}

TEST(ForecastScores, PassOverWhatIsMissing) {
  const double none = std::nan("");
  const ForecastData data = testing::small_data({{1, 2, none, 4}});
  ForecastScores scores(data, 2, {1});
  const std::vector<float> point{100, 5};
  scores.add({0, 2}, {.point = point});
  EXPECT_EQ(scores.overall().count(), 1);
  EXPECT_NEAR(as_map(scores.overall()).at("mae"), 1, 1e-9);
}

TEST(NaiveErrors, AreThoseOfTheSeasonBefore) {
  const ForecastData data = testing::small_data({{1, 2, 4, 8, 100}, {0, 0, 6, 0, 0}});
  // Season 2, the first 4 steps: |4-1|, |8-2|, |6-0|, |0-0|.
  EXPECT_THAT(naive_errors(data, 4, 2), ::testing::ElementsAre(15 / 4.0));
  EXPECT_THAT(naive_errors(data, 1, 2), ::testing::ElementsAre(1));
}

}  // namespace
}  // namespace attune::tasks
