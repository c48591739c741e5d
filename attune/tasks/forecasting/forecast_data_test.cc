#include "attune/tasks/forecasting/forecast_data.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "attune/tasks/forecasting/test_data.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(ForecastData, CutsWindowsOutOfTheirSeries) {
  const ForecastData data = testing::small_data({{0, 1, 2, 3, 4, 5}, {10, 11, 12, 13, 14}});
  const std::vector<series::Window> windows{{0, 4}, {1, 3}};
  const auto inputs = data.inputs(windows, 3, 2);
  EXPECT_EQ(inputs.past.shape(), (Shape{2, 3, 1}));
  EXPECT_THAT(inputs.past.to_vector<float>(), ElementsAre(1, 2, 3, 10, 11, 12));
  EXPECT_FALSE(inputs.observed.defined());
  EXPECT_FALSE(inputs.calendar.defined());
  const auto truth = data.truth(windows, 2);
  EXPECT_THAT(truth.values.to_vector<float>(), ElementsAre(4, 5, 13, 14));
  EXPECT_FALSE(truth.observed.defined());
}

TEST(ForecastData, MarksWhatIsMissing) {
  const ForecastData data = testing::small_data({{0, none, 2, none}});
  const std::vector<series::Window> windows{{0, 2}};
  const auto inputs = data.inputs(windows, 2, 2);
  EXPECT_THAT(inputs.past.to_vector<float>(), ElementsAre(0, 0));
  EXPECT_THAT(inputs.observed.to_vector<float>(), ElementsAre(1, 0));
  const auto truth = data.truth(windows, 2);
  EXPECT_THAT(truth.values.to_vector<float>(), ElementsAre(2, 0));
  EXPECT_THAT(truth.observed.to_vector<float>(), ElementsAre(1, 0));
}

TEST(ForecastData, TellsTheCalendarOfPastAndFuture) {
  series::Panel panel = testing::small_panel({{0, 1, 2, 3}});
  panel.grid = series::Grid(22 * 3600, {series::Frequency::Unit::hour, 1});
  auto calendar = std::make_shared<series::Calendar>(panel.grid, std::vector{series::Field::hour});
  const ForecastData data(std::move(panel), series::Scaler({0}, {1}), calendar, 2);
  const std::vector<series::Window> windows{{0, 4}};
  const auto inputs = data.inputs(windows, 2, 2);
  EXPECT_THAT(inputs.calendar_indices.to_vector<std::int64_t>(), ElementsAre(0, 1, 2, 3));
  EXPECT_FLOAT_EQ(inputs.calendar.to_vector<float>()[3], 3 / 23.F - 0.5F);
}

TEST(ForecastData, KeepsCovariatesApart) {
  series::Panel panel = testing::small_panel({{0, 5, 50, 1, 6, 60, 2, 7, 70, none, none, 80}}, 3);
  panel.targets = panel.past_covariates = panel.future_covariates = 1;
  const ForecastData data(std::move(panel), series::Scaler({0, 0, 0}, {1, 1, 1}), nullptr, 0);
  const std::vector<series::Window> windows{{0, 3}};
  const auto inputs = data.inputs(windows, 2, 1);
  EXPECT_THAT(inputs.past.to_vector<float>(), ElementsAre(1, 6, 2, 7));
  EXPECT_THAT(inputs.future_values.to_vector<float>(), ElementsAre(60, 70, 80));
}

}  // namespace
}  // namespace attune::tasks
