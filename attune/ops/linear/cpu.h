// The product of a linear layer on the CPU.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y = x W^T + b for x (M, in), weight (out, in), bias (out) or undefined: y (M, out), the type of x. x and y
// have unit column stride (y is contiguous), the weight one unit stride. The weight has the type of x, or is
// bfloat16 beside a float32 x. In inference a few rows stream the weights through kernels of their own.
void linear_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, bool inference,
                    const Tensor& y);

}  // namespace attune::ops
