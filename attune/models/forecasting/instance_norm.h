// Reversible instance normalisation (Kim et al., "Reversible Instance Normalization for Accurate Time-Series
// Forecasting against Distribution Shift", ICLR 2022), without its affine weights: a model sees each window
// in units of its own past, and its forecasts are brought back to those of the series.
//
// Shapes: B windows, L steps of the past, H of the future, C targets, P past covariates.
#pragma once

#include "attune/models/forecasting/forecaster.h"
#include "attune/ops/window_norm/window_norm.h"

namespace attune::models {

// The past in units of its windows, by channel: (B, C + P, L). What brings the targets back goes to
// `output.location` and `output.scale`.
Tensor normalized_past(const ForecastInputs& inputs, const ForecastSizes& sizes, ForecastOutput& output,
                       const ops::WindowNormOptions& options = {});

// The truth (B, H, C) in the units that the outputs of `output` have; 0, the mean of the window, where it is
// missing. Without gradient.
Tensor in_units_of(const ForecastOutput& output, const ForecastTruth& truth);

}  // namespace attune::models
