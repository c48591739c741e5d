// How far forecasts are off: the losses of forecasting heads.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// Of the error e = forecast - truth:
enum class ForecastLossKind : std::uint8_t {
  mse,        // e^2
  mae,        // |e|
  huber,      // e^2 / 2 up to 1, |e| - 1/2 beyond (Huber, 1964)
  quantile,   // the mean over levels q of max(-q e, (1 - q) e), the pinball loss (Koenker and Bassett, 1978)
  student_t,  // -log p(truth) of a Student-t distribution (as in Hugging Face's StudentTOutput)
};

// Shapes: B windows, H steps, C series, Q outputs for each value.
struct ForecastLossOptions {
  ForecastLossKind kind = ForecastLossKind::mse;
  std::vector<double> levels = {};   // of quantile: Q, in (0, 1)
  Tensor observed = {};              // (B, H, C): 1, or 0 where there is no truth
  Tensor location = {}, scale = {};  // (B, 1, C), both or none: a forecast is output * scale + location
};

// The mean over the observed values of outputs (B, H, C, Q) against truth (B, H, C): []; 0 when nothing is
// observed. Q is 1 for mse, mae and huber, the number of levels for quantile, and 3 for student_t: outputs
// are (a, b, c), and the distribution has 2 + squareplus(a) degrees of freedom, location b and scale
// squareplus(c), with squareplus(x) = (x + sqrt(x^2 + 4)) / 2, in units of the window.
//
// outputs are float32, bfloat16 or float64, with any strides: their gradient is laid out in memory as they
// are. All else is float32 (float64 with float64 outputs) and has no gradient.
Tensor forecast_loss(const Tensor& outputs, const Tensor& truth, const ForecastLossOptions& options);

// log G(a + 1/2) - log G(a) for a >= 1, with the gamma function G, and its derivative.
struct GammaRatio {
  double log, derivative;
};
GammaRatio half_step_of_gamma(double a);

}  // namespace attune::ops
