// Product of two tensors, element by element.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// a b, of one floating type. Shapes broadcast by NumPy's rule: aligned at the last dimension, a size of 1 is
// repeated.
Tensor multiply(const Tensor& a, const Tensor& b);

}  // namespace attune::ops
