// The reversible instance normalisation of windows (RevIN; Kim et al., 2022): each channel of each window is
// normalised by its own moments over time, and forecasts are put back.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// Shapes: B windows, T steps, C channels.
struct WindowNorm {
  Tensor values;           // (B, C, T): a channel is a row
  Tensor location, scale;  // (B, 1, C): x = values scale + location
};

struct WindowNormOptions {
  enum class Scale {
    deviation,  // location: the mean; scale: sqrt(variance + epsilon), the variance biased
    magnitude,  // location: 0; scale: the mean of |x|, at least 1e-10
  } scale = Scale::deviation;
  double epsilon = 1e-5;
  // What is not observed: 0 after normalisation, which is the mean of the window, or (x - location) / scale
  // as Hugging Face has it, whatever x is there.
  bool missing_at_mean = true;
};

// x (B, T, C); observed (B, T, C): 1, or 0 where x is missing and does not count, or undefined. float32 and
// float64. A window that is missing as a whole has location 0 and scale sqrt(epsilon); by magnitude, the
// scale of its channel over the batch. Going backward through it throws.
WindowNorm window_norm(const Tensor& x, const Tensor& observed = {}, const WindowNormOptions& options = {});

}  // namespace attune::ops
