// Tensors joined along a dimension.
#pragma once

#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// The parts one after the other along `axis`; all other sizes and the dtype are equal. At least one part.
Tensor concatenate(const std::vector<Tensor>& parts, int axis);

}  // namespace attune::ops
