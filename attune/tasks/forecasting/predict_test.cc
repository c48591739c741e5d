#include "attune/tasks/forecasting/predict.h"

#include <gmock/gmock.h>

#include <cmath>

#include "attune/tasks/forecasting/test_data.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;

// Forecasts two steps: the last value of each target plus one, plus two; of the past covariate it knows the
// sum.
class Counter : public models::Forecaster {
 public:
  explicit Counter(models::ForecastSizes sizes) : sizes_(std::move(sizes)) {}

  const models::ForecastSizes& sizes() const override { return sizes_; }
  const models::ForecastHead& head() const override { return head_; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const models::WeightTable& weight_table() const override { return table_; }
  void save(const std::filesystem::path&) const override {}

  models::ForecastOutput forecast(const models::ForecastInputs& inputs, const nn::Context&) const override {
    const std::int64_t count = inputs.past.dim(0), context = inputs.past.dim(1),
                       channels = inputs.past.dim(2);
    const Tensor outputs = Tensor::empty({count, 2, sizes_.targets, 1});
    float* out = outputs.mutable_data<float>();
    for (std::int64_t b = 0; b < count; ++b) {
      const float* const last = inputs.past.data<float>() + ((b + 1) * context - 1) * channels;
      for (float step = 1; step <= 2; ++step) {
        for (std::int64_t c = 0; c < sizes_.targets; ++c)
          *out++ = last[c] + step + (channels > sizes_.targets ? last[channels - 1] : 0);
      }
    }
    return {.outputs = outputs};
  }

 private:
  models::ForecastSizes sizes_;
  models::ForecastHead head_;
  nn::Parameters parameters_;
  models::WeightTable table_;
};

TEST(Roll, GoesOnFromItsOwnForecasts) {
  const Counter model({.context = 3, .horizon = 2, .targets = 1});
  const ForecastData data = testing::small_data({{0, 1, 2, 3, 100, 200}, {7, 8, 9, 10}});
  const std::vector<series::Window> windows{{0, 4}, {1, 4}};
  const Forecasts forecasts = roll(model, {}, data, windows, 5, {});
  // What came after the window (100, 200) is not looked at.
  EXPECT_THAT(forecasts.point.to_vector<float>(), ElementsAre(4, 5, 6, 7, 8, 11, 12, 13, 14, 15));
  EXPECT_EQ(forecasts.quantiles.shape(), (Shape{2, 5, 1, 9}));
  EXPECT_EQ(forecasts.quantiles.to_vector<float>()[8], 4);
}

TEST(Roll, KeepsThePastCovariatesLastValue) {
  series::Panel panel = testing::small_panel({{0, 1, 0, 1, 0, 10}}, 2);
  panel.targets = panel.past_covariates = 1;
  const ForecastData data(std::move(panel), series::Scaler({0, 0}, {1, 1}), nullptr, 0);
  const Counter model({.context = 2, .horizon = 2, .targets = 1, .past_covariates = 1});
  const std::vector<series::Window> windows{{0, 3}};
  EXPECT_THAT(roll(model, {}, data, windows, 4, {}).point.to_vector<float>(), ElementsAre(11, 12, 23, 24));
}

TEST(Roll, WidensIntervalsFromPassToPass) {
  const Counter model({.context = 3, .horizon = 2, .targets = 1});
  const ForecastData data = testing::small_data({{0, 2, 4}});
  std::vector<float> corrections;
  for (int q = 0; q < 9; ++q) corrections.insert(corrections.end(), 2, static_cast<float>(q - 4));
  const Calibration calibration(Tensor::from(corrections, {9, 2, 1}));
  const std::vector<series::Window> windows{{0, 3}};
  const auto quantiles = roll(model, calibration, data, windows, 4, {}).quantiles.to_vector<float>();
  const double unit = std::sqrt(8.0 / 3);  // the deviation of 0, 2, 4
  EXPECT_NEAR(quantiles[0], 5 - 4 * unit, 1e-4);
  EXPECT_NEAR(quantiles[4], 5, 1e-4);
  EXPECT_NEAR(quantiles[8], 5 + 4 * unit, 1e-4);
  // Of the second pass, whose past is 4, 5, 6.
  const double next = std::sqrt(2.0 / 3) * std::sqrt(2.0);
  EXPECT_NEAR(quantiles[2 * 9 + 8], 7 + 4 * next, 1e-4);
}

TEST(WindowScales, AreTheDeviationOfWhatIsThere) {
  models::ForecastInputs inputs{.past = Tensor::from<float>({1, 5, 0, 5, 3, 5}, {1, 3, 2})};
  inputs.observed = Tensor::from<float>({1, 1, 0, 1, 1, 1}, {1, 3, 2});
  const auto scales = window_scales(inputs, 2).to_vector<float>();
  EXPECT_NEAR(scales[0], 1, 1e-6);
  EXPECT_NEAR(scales[1], 0.1, 1e-6);  // the floor
}

}  // namespace
}  // namespace attune::tasks
