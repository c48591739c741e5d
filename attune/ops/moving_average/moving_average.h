// The moving average that takes the trend out of a series (Wu et al., Autoformer, 2106.13008, section 3.1).
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y[..., t] = the mean of x[..., t - window / 2 .. t + window / 2], where x goes on with its first and last
// value beyond its ends: x (..., T), y (..., T). `window` is odd. float32 and float64.
Tensor moving_average(const Tensor& x, std::int64_t window);

}  // namespace attune::ops
