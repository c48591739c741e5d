#include "attune/models/forecasting/forecast_head.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "attune/models/forecasting/student_t.h"

namespace attune::models {
namespace {

const ForecastHead quantiles{.kind = ForecastHead::Kind::quantiles, .quantiles = {0.1, 0.5, 0.9}};
const ForecastHead student_t{.kind = ForecastHead::Kind::student_t, .quantiles = {}};

// One window of one step and two series, in units of 10 (around 1) and of 2 (around -1).
ForecastOutput output_of(std::vector<float> outputs) {
  const auto count = static_cast<std::int64_t>(outputs.size()) / 2;
  return {Tensor::from(outputs, {1, 1, 2, count}), Tensor::from<float>({1, -1}, {1, 1, 2}),
          Tensor::from<float>({10, 2}, {1, 1, 2})};
}

TEST(StudentT, QuantilesAreScipys) {
  // scipy.stats.t.ppf(p, df)
  constexpr std::array<std::array<double, 3>, 12> expected = {{{2, 0.025, -4.30265272975},
                                                               {2, 0.75, 0.816496580928},
                                                               {2, 0.99, 6.96455673428},
                                                               {2.5, 0.025, -3.574654842},
                                                               {2.5, 0.1, -1.73025092881},
                                                               {2.5, 0.99, 5.35311117303},
                                                               {5, 0.025, -2.57058183564},
                                                               {5, 0.75, 0.7266868438},
                                                               {30, 0.1, -1.31041502539},
                                                               {30, 0.99, 2.4572615424},
                                                               {10000, 0.025, -1.96020123989},
                                                               {10000, 0.99, 2.32672083867}}};
  for (const auto& [freedom, p, t] : expected) {
    EXPECT_NEAR(student_t_quantile(freedom, p), t, 2e-11 * std::abs(t)) << freedom << " " << p;
    EXPECT_NEAR(student_t_probability(freedom, t), p, 1e-11) << freedom << " " << p;
  }
  EXPECT_EQ(student_t_quantile(3, 0.5), 0);
  EXPECT_THROW(student_t_quantile(3, 1), Error);
}

TEST(StudentT, TheSeriesGivesTheQuantilesOfAnyFreedom) {
  for (const double p : {0.001, 0.025, 0.1, 0.5, 0.9, 0.995}) {
    const StudentTQuantiles quantile(p);
    for (const double freedom : {2.0, 2.001, 2.3, 3.0, 4.7, 11.0, 80.0, 999.0, 1e5})
      EXPECT_NEAR(quantile(freedom), student_t_quantile(freedom, p),
                  1e-8 * (1 + std::abs(student_t_quantile(freedom, p))))
          << freedom << " " << p;
  }
}

TEST(ForecastHead, APointForecastStandsForEveryLevel) {
  const ForecastOutput output = output_of({0.5, -2});
  const std::array levels = {0.1, 0.9};
  EXPECT_EQ(point_forecast({}, output).to_vector<float>(), (std::vector<float>{6, -5}));
  const Tensor values = forecast_quantiles({}, output, levels);
  EXPECT_EQ(values.shape(), (Shape{1, 1, 2, 1}));
  EXPECT_EQ(values.to_vector<float>(), (std::vector<float>{6, -5}));
}

TEST(ForecastHead, QuantilesAreInterpolatedAndNeverCross) {
  const ForecastOutput output = output_of({-1, 0, 1, 3, 2, 1});  // those of the second series cross
  const std::array levels = {0.05, 0.1, 0.3, 0.5, 0.8, 0.99};
  EXPECT_EQ(point_forecast(quantiles, output).to_vector<float>(), (std::vector<float>{1, 3}));
  const auto values = forecast_quantiles(quantiles, output, levels).to_vector<float>();
  const std::vector<float> expected = {-9, -9, -4, 1, 8.5, 11, 1, 1, 2, 3, 4.5, 5};
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-5) << i;
}

TEST(ForecastHead, StudentTHasMeanAndQuantilesInUnitsOfTheSeries) {
  const ForecastOutput output = output_of({0, 0.3F, 0, 40, 1, -1});  // squareplus(0) = 1: 3 degrees
  const std::array levels = {0.1, 0.5};
  const auto point = point_forecast(student_t, output).to_vector<float>();
  EXPECT_FLOAT_EQ(point[0], 4);
  EXPECT_FLOAT_EQ(point[1], 1);
  const auto values = forecast_quantiles(student_t, output, levels).to_vector<float>();
  const double freedom = 2 + (40 + std::sqrt(1604.0)) / 2, scale = (-1 + std::sqrt(5.0)) / 2;
  EXPECT_NEAR(values[0], 1 + 10 * (0.3 + student_t_quantile(3, 0.1)), 1e-5);
  EXPECT_NEAR(values[1], 4, 1e-6);
  EXPECT_NEAR(values[2], -1 + 2 * (1 + scale * student_t_quantile(freedom, 0.1)), 1e-5);
}

TEST(ForecastHead, EachHeadHasItsLoss) {
  const Tensor truth = Tensor::from<float>({4, -3}, {1, 1, 2});
  const auto loss = [&](const ForecastHead& head, std::vector<float> outputs, PointLoss point) {
    return forecast_loss(head, output_of(std::move(outputs)), truth, {}, point).item();
  };
  EXPECT_NEAR(loss({}, {0.5, -2}, PointLoss::mse), (4 + 4) / 2.0, 1e-6);  // 6 and -5
  EXPECT_NEAR(loss({}, {0.5, -2}, PointLoss::mae), 2, 1e-6);
  EXPECT_NEAR(loss({}, {0.5, -2}, PointLoss::huber), 1.5, 1e-6);
  EXPECT_NEAR(loss(quantiles, {0.3F, 0.3F, 0.3F, -1, -1, 0}, PointLoss::mse), (0.1 * 2 / 3) / 2, 1e-2);
  EXPECT_GT(loss(student_t, {0, 0, 0, 0, 0, 0}, PointLoss::mse), 0);
}

}  // namespace
}  // namespace attune::models
