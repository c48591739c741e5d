// Layer normalisation on the CPU, for layer_norm and residual_layer_norm. All matrices are contiguous;
// float32 and bfloat16 run on vector kernels, float64 in plain loops.
#pragma once

#include "attune/autograd/tape.h"

namespace attune::ops {

// What the gradient needs of every row; (N), float32 or float64.
struct RowStatistics {
  Tensor mean, rstd;
};

// y (N, D) = layer_norm(x (N, D)); bias may be undefined.
RowStatistics layer_norm_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                 const Tensor& y);

// sum (N, D) = residual + branch, y = layer_norm(sum).
RowStatistics add_layer_norm_forward(const Tensor& residual, const Tensor& branch, const Tensor& weight,
                                     const Tensor& bias, double epsilon, const Tensor& sum, const Tensor& y);

// dx (N, D) = the gradient through layer_norm + residual, which may be undefined, or dx itself. `rounded`
// receives dx in bfloat16 unless undefined. dweight and dbias: no memory when not wanted.
void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const RowStatistics& statistics, const Tensor& residual, const Tensor& dx,
                         const Tensor& rounded, const Backward::Target& dweight,
                         const Backward::Target& dbias);

}  // namespace attune::ops
