// A value where a mask says so.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y = value where the mask is true, x elsewhere. `mask` is bool and broadcasts to the shape of x by NumPy's
// rule. No gradient flows where the mask is true.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);

}  // namespace attune::ops
