// Product with a number.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// factor x. The factor is float32 (float64 for float64), also where x is bfloat16.
Tensor scale(const Tensor& x, double factor);

}  // namespace attune::ops
