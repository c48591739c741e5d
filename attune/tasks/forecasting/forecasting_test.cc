#include "attune/tasks/forecasting/forecasting.h"

#include <gmock/gmock.h>

#include <cmath>

#include "attune/base/error.h"
#include "attune/models/dlinear/dlinear.h"
#include "attune/tasks/forecasting/predict.h"
#include "attune/tasks/forecasting/test_data.h"

namespace attune::tasks {
namespace {

constexpr std::int64_t context = 8, horizon = 4;

std::vector<double> wave(int length) {
  std::vector<double> values;
  for (int t = 0; t < length; ++t) values.push_back(std::sin(0.7 * t) + 0.1 * std::cos(t * t));
  return values;
}

class ForecastingTest : public ::testing::Test {
 protected:
  ForecastingTest()
      : model_({.sizes = {.context = context, .horizon = horizon, .targets = 1}, .moving_avg = 3}) {
    Generator generator{.seed = 1};
    model_.initialize(generator);
  }

  models::DLinear model_;
  ForecastData data_ = testing::small_data({wave(60)});
  series::Split split_{.train = {0, 40}, .valid = {40, 60}, .test = {60, 60}};
};

TEST_F(ForecastingTest, GoesThroughEveryWindowOnceAnEpoch) {
  Forecasting task(model_, data_, split_, {.batch_size = 10, .seed = 3});
  EXPECT_EQ(task.training_windows().count(), 40 - context - horizon + 1);
  EXPECT_EQ(task.micro_batches_per_epoch(), 3);
  double windows = 0;
  for (int i = 0; i < 3; ++i) windows += task.loss({.step = i}, {}).weight;
  EXPECT_EQ(windows, 29);
  // A pure function of the step.
  EXPECT_EQ(task.loss({.step = 5}, {}).loss.item(), task.loss({.step = 5}, {}).loss.item());
}

TEST_F(ForecastingTest, EvaluatesEveryWindowOfTheValidationPart) {
  Forecasting task(model_, data_, split_, {.batch_size = 7});
  const auto evaluation = *task.evaluate({}, [] { return false; });
  // The same by hand, one window at a time.
  double squared = 0, absolute = 0;
  int count = 0;
  for (std::int64_t step = 40; step + horizon <= 60; ++step) {
    const series::Window window{0, step};
    const auto point = roll(model_, {}, data_, std::span(&window, 1), horizon, {}).point.to_vector<float>();
    for (std::int64_t h = 0; h < horizon; ++h, ++count) {
      const double error = point[static_cast<std::size_t>(h)] - data_.value(0, step + h, 0);
      squared += error * error;
      absolute += std::abs(error);
    }
  }
  EXPECT_EQ(count, 17 * horizon);
  EXPECT_NEAR(evaluation.loss, squared / count, 1e-6);
  EXPECT_NEAR(evaluation.metrics[0].second, squared / count, 1e-6);
  EXPECT_NEAR(evaluation.metrics[1].second, absolute / count, 1e-6);
  EXPECT_FALSE(task.calibration().is_empty());
  EXPECT_FALSE(task.evaluate({}, [] { return true; }).has_value());
}

TEST_F(ForecastingTest, CalibratesIntervalsThatCoverWhatTheyWereMadeOf) {
  Forecasting task(model_, data_, split_, {.batch_size = 7});
  task.evaluate({}, [] { return false; });
  int covered = 0, count = 0;
  for (std::int64_t step = 40; step + horizon <= 60; ++step) {
    const series::Window window{0, step};
    const auto quantiles = roll(model_, task.calibration(), data_, std::span(&window, 1), horizon, {})
                               .quantiles.to_vector<float>();
    for (std::int64_t h = 0; h < horizon; ++h, ++count) {
      const float truth = data_.value(0, step + h, 0);
      const auto row = static_cast<std::size_t>(h) * forecast_levels.size();
      covered += truth >= quantiles[row + 2] && truth <= quantiles[row + 6] ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(covered) / count, 0.8, 0.06);
}

TEST_F(ForecastingTest, RefusesATrainingPartWithoutAWindow) {
  split_.train = {0, context + horizon - 1};
  try {
    Forecasting task(model_, data_, split_, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--horizon"));
  }
}

}  // namespace
}  // namespace attune::tasks
