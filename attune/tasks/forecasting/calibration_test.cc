#include "attune/tasks/forecasting/calibration.h"

#include <gtest/gtest.h>

#include "attune/io/test_directory.h"

namespace attune::tasks {
namespace {

TEST(Residuals, GiveTheQuantilesOfWhatWasLeft) {
  // Three times 101 windows whose truth is off by 0, 2, ... 200, in units of 2: residuals 0 to 100.
  Residuals residuals(303, 1, 1, 1);
  for (int i = 0; i < 303; ++i) {
    const std::vector<float> forecast{5}, truth{5 + 2.F * static_cast<float>(i % 101)}, unit{2};
    residuals.add(forecast, truth, unit);
  }
  const Calibration calibration = residuals.calibration();
  for (std::size_t q = 0; q < forecast_levels.size(); ++q)
    EXPECT_NEAR(calibration.correction(static_cast<std::int64_t>(q), 0, 0), 100 * forecast_levels[q], 1e-4);
}

TEST(Residuals, OfAModelThatKnowsItsQuantilesAreNearNothing) {
  const auto levels = static_cast<std::int64_t>(forecast_levels.size());
  Residuals residuals(1001, 1, 1, levels);
  std::vector<float> quantiles(forecast_levels.begin(), forecast_levels.end());
  for (int i = 0; i <= 1000; ++i) {
    const std::vector<float> truth{static_cast<float>(i * 618 % 1001) / 1000}, unit{1};
    residuals.add(quantiles, truth, unit);
  }
  const Calibration calibration = residuals.calibration();
  for (std::int64_t q = 0; q < levels; ++q) EXPECT_NEAR(calibration.correction(q, 0, 0), 0, 0.01);
}

TEST(Residuals, OfOneUnusualPeriodDoNotCount) {
  Residuals residuals(90, 1, 1, 1);
  for (int i = 0; i < 90; ++i) {
    const std::vector<float> forecast{0}, truth{i < 30 ? 1000.F : static_cast<float>(i % 30)}, unit{1};
    residuals.add(forecast, truth, unit);
  }
  EXPECT_NEAR(residuals.calibration().correction(4, 0, 0), 14.5, 1e-4);  // the median
}

TEST(Calibration, ComesBackFromItsFile) {
  const io::TestDirectory directory;
  std::vector<float> values;
  for (int i = 0; i < 9 * 2 * 3; ++i) values.push_back(static_cast<float>(i));
  Calibration(Tensor::from(values, {9, 2, 3})).write(directory.path());
  const Calibration read = Calibration::read(directory.path());
  ASSERT_FALSE(read.is_empty());
  EXPECT_EQ(read.horizon(), 2);
  EXPECT_EQ(read.targets(), 3);
  EXPECT_EQ(read.correction(8, 1, 2), 53);
  Calibration().write(directory.path());
  EXPECT_TRUE(Calibration::read(directory.path()).is_empty());
}

}  // namespace
}  // namespace attune::tasks
