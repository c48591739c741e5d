// Sums of elements.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// The sum of all elements, of shape []. bfloat16 is summed in float32 and rounded once.
Tensor sum(const Tensor& x);

// The sum over one dimension, which the result does not have.
Tensor sum(const Tensor& x, int axis);

}  // namespace attune::ops
