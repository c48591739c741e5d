// The gradient of a bias.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// sum[j] = (or +=) sum over i of x[i, j]; x (rows, columns) with unit column stride, float32, bfloat16 or
// float64; sum float32 (float64 for float64). The order of summation is fixed.
void column_sum(const Tensor& x, const Tensor& sum, bool accumulate);

}  // namespace attune::ops
