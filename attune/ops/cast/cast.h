// Conversion between floating types.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// x in another floating type, rounded to nearest, ties to even; x itself when it has that type already. The
// gradient is converted back.
Tensor cast(const Tensor& x, DType dtype);

}  // namespace attune::ops
