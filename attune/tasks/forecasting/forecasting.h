// Learning to continue time series: windows of a past and the values that follow.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/forecasting/forecaster.h"
#include "attune/series/split.h"
#include "attune/series/windows.h"
#include "attune/tasks/forecasting/calibration.h"
#include "attune/tasks/forecasting/forecast_data.h"
#include "attune/tasks/task.h"

namespace attune::tasks {

struct ForecastingOptions {
  models::PointLoss loss = models::PointLoss::mse;  // of point forecasts
  std::int64_t batch_size = 32;
  std::uint64_t seed = 0;
};

class Forecasting : public Task {
 public:
  // Model and data must outlive the task. Throws UsageError for sizes that make no sense, and Error for a
  // training part without a window.
  Forecasting(const models::Forecaster& model, const ForecastData& data, const series::Split& split,
              const ForecastingOptions& options);

  // The mean over the windows of the batch, whose weight is their number.
  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::string_view unit() const override { return "windows"; }
  std::int64_t micro_batches_per_epoch() const override;
  bool has_validation() const override { return valid_.count() > 0; }
  std::vector<std::string> metric_names() const override { return {"mse", "mae"}; }
  // Standardised; every window counts.
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

  const series::Windows& training_windows() const { return train_; }
  const series::Windows& validation_windows() const { return valid_; }
  // What the last evaluation says of how far forecasts are off; worked out when it is asked for, as most
  // evaluations are of models that nobody keeps.
  const Calibration& calibration();

 private:
  const models::Forecaster& model_;
  const ForecastData& data_;
  ForecastingOptions options_;
  series::Windows train_, valid_;
  std::optional<Residuals> residuals_;  // of the last evaluation, unless calibration_ is of it
  Calibration calibration_;
};

}  // namespace attune::tasks
