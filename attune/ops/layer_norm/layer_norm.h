// Layer normalisation (Ba, Kiros, Hinton 2016, 1607.06450, section 3).
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y = (x - mean) / sqrt(variance + epsilon) * weight + bias over the last dimension, with the biased
// variance: x (..., D), weight (D), bias (D) or undefined: y (..., D).
//
// x is float32, bfloat16 or float64; weight and bias are float32 (float64 with float64 x). y has the type of
// x unless `result` says otherwise: training in bfloat16 normalises the float32 residual stream to a bfloat16
// y.
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon = 1e-5,
                  std::optional<DType> result = {});

}  // namespace attune::ops
