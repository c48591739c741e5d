// The mean of elements.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// The mean of all elements, of shape []. NaN when there are none.
Tensor mean(const Tensor& x);

}  // namespace attune::ops
