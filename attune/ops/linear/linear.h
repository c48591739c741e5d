// The affine map of the last dimension.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y = x W^T + b for x (..., in), weight (out, in), bias (out) or undefined: y (..., out).
//
// The weight may be a transposed view, so that checkpoints that store (in, out) are used as they lie.
// Training in bfloat16: x is bfloat16, weight and bias are float32 leaves; the product uses the weight's
// compute copy (AutogradMeta::compute_copy) and y is bfloat16, while the gradients of weight and bias are
// float32.
//
// Inference (nothing is on the tape): a bfloat16 weight serves a float32 x as well, and products of a few
// rows, which are bound by how fast weights stream from memory, run on kernels of their own. bias is float32
// (float64 with float64 x).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace attune::ops
