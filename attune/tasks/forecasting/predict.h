// Forecasts with their uncertainty, for any horizon.
//
// Shapes: B windows, L context, H horizon, C targets, Q forecast_levels.
#pragma once

#include <cstdint>
#include <span>

#include "attune/models/forecasting/forecaster.h"
#include "attune/series/windows.h"
#include "attune/tasks/forecasting/calibration.h"
#include "attune/tasks/forecasting/forecast_data.h"

namespace attune::tasks {

// A forecast of one window, standardised.
struct WindowForecast {
  std::span<const float> point;           // (H, C)
  std::span<const double> levels = {};    // Q, rising; none where nothing is known of quantiles
  std::span<const float> quantiles = {};  // (H, C, Q)
};

// Standardised.
struct Forecasts {
  Tensor point;      // (B, H, C): the mean or, of quantile heads, the median
  Tensor quantiles;  // (B, H, C, Q), rising along Q

  // Of one window, in the memory of these.
  WindowForecast at(std::int64_t window) const;
};

// How much each target moves in the past of a window: (B, C), its standard deviation, with a floor of a tenth
// of the training data's.
Tensor window_scales(const models::ForecastInputs& inputs, std::int64_t targets);

// One pass of the model. Without calibration the quantiles are the model's own; those of a point forecast are
// then the forecast itself.
Forecasts forecast(const models::Forecaster& model, const Calibration& calibration,
                   const models::ForecastInputs& inputs, const nn::Context& context);

// For `horizon` steps, which may be more than the model was trained for: its forecasts then become the past
// of the next ones (rolling). Past covariates keep their last values there, and intervals widen with the root
// of the number of passes, as those of a random walk do.
Forecasts roll(const models::Forecaster& model, const Calibration& calibration, const ForecastData& data,
               std::span<const series::Window> windows, std::int64_t horizon, const nn::Context& context);

}  // namespace attune::tasks
