// The windows of a convolution over time, on a circle.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// x (B, T, C) -> y (B, T + 2 padding - width + 1, C * width), where
//   y[b, t, c * width + k] = x[b, (t - padding + k) mod T, c],
// so that a linear map of y with a weight (out, C * width) is PyTorch's Conv1d with a weight (out, C, width)
// and padding_mode="circular". `padding` is at most T. float32, bfloat16, float64.
Tensor circular_windows(const Tensor& x, std::int64_t width, std::int64_t padding);

}  // namespace attune::ops
