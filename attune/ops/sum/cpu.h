// Sums on the CPU.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::cpu {

// y[o, i] = sum over r of x[o, r, i] for contiguous x with outer * run * inner elements. The result is
// float32, or float64 for float64, of shape (outer, inner). The order of summation does not depend on the
// number of threads.
Tensor sum_middle(const Tensor& x, std::int64_t outer, std::int64_t run, std::int64_t inner);

}  // namespace attune::cpu
