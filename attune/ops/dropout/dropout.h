// Dropout.
#pragma once

#include "attune/tensor/random.h"
#include "attune/tensor/tensor.h"

namespace attune::ops {

// Each element becomes 0 with the given probability p in [0, 1), and x / (1 - p) otherwise, so that the
// expected value stays x (Srivastava et al., "Dropout", 2014). Takes one counter value of the generator; the
// backward pass draws the same mask again, so none is stored. A probability of 0 returns x and draws nothing.
Tensor dropout(const Tensor& x, double probability, Generator& generator);

}  // namespace attune::ops
