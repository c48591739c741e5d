// The largest values of windows over time.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// Windows of `width` steps, one every `stride` steps, over x (B, T, C) with `padding` steps on either side
// that win nowhere: y[b, t, c] = max over k of x[b, t * stride - padding + k, c], of floor((T + 2 padding -
// width) / stride) + 1 windows. `padding` is at most half the width, as in PyTorch's MaxPool1d. The gradient
// goes to the first of equal values. float32, bfloat16, float64; NaN is never the largest.
Tensor max_pool(const Tensor& x, std::int64_t width, std::int64_t stride, std::int64_t padding);

}  // namespace attune::ops
