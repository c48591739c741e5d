// Softmax and its logarithm.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// exp(x_i) / sum over j of exp(x_j) over the last dimension. Safe from overflow. A row that is -infinity
// throughout gives NaN.
Tensor softmax(const Tensor& x);

// log(softmax(x)), without the loss of precision that computing it in two steps has.
Tensor log_softmax(const Tensor& x);

}  // namespace attune::ops
