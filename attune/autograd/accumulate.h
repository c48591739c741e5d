// Adding gradients.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune {

// to += gradient, element by element; same shape and floating dtype, any strides.
void accumulate(const Tensor& to, const Tensor& gradient);

}  // namespace attune
