// Sum of two tensors.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// a + b. Shapes broadcast by NumPy's rule: aligned at the last dimension, a size of 1 is repeated. Two types
// that differ must be float32 and bfloat16 (a residual stream in float32, a branch in bfloat16): the result
// is float32, and each gradient has the type of its operand.
Tensor add(const Tensor& a, const Tensor& b);

}  // namespace attune::ops
