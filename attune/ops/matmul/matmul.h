// Batched matrix product.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// c = a b for a (..., M, K), b (..., K, N): c (..., M, N). The leading dimensions are equal, or `b` has none
// and serves every a. Transposed views are taken as they lie. float32, bfloat16, float64.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace attune::ops
