// What the outputs of a forecasting head mean.
//
// Shapes: B windows, H steps, C targets, Q outputs of the head for each value.
#pragma once

#include <span>

#include "attune/models/forecasting/forecaster.h"

namespace attune::models {

// What a layer over channels gives, (B, C, Q H), as outputs: (B, H, C, Q), a view.
Tensor as_outputs(const Tensor& x, const ForecastHead& head);

// What point forecasts are trained with: ops/forecast_loss/forecast_loss.h.
enum class PointLoss { mse, mae, huber };

// The mean loss over the observed values: truth (B, H, C), and observed (B, H, C), 1 or 0 where the truth is
// missing, or undefined. Quantiles have the pinball loss, a Student-t distribution its negative log
// likelihood, whatever `point` says.
Tensor forecast_loss(const ForecastHead& head, const ForecastOutput& output, const Tensor& truth,
                     const Tensor& observed, PointLoss point);

// What follows is for inference: no gradient, float32, contiguous.

// (B, H, C): the forecast itself; the median of a head of quantiles, and the mean of a distribution.
Tensor point_forecast(const ForecastHead& head, const ForecastOutput& output);

// (B, H, C, levels): the values that the truth stays below with these probabilities, rising with the level.
// A point forecast says nothing of how sure it is: (B, H, C, 1) then. Between the levels of a head of
// quantiles values are interpolated linearly, and beyond them the last one stands.
Tensor forecast_quantiles(const ForecastHead& head, const ForecastOutput& output,
                          std::span<const double> levels);

}  // namespace attune::models
