// A residual connection and the layer normalisation that follows it.
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct ResidualNorm {
  Tensor sum;     // (..., D), the residual's type: the residual stream goes on
  Tensor normed;  // (..., D), the input of the next sublayer
};

// sum = residual + branch, normed = layer_norm(sum, weight, bias, epsilon), in one pass over memory; see
// layer_norm for the types of weight, bias and result. The branch has the residual's type, or is bfloat16
// beside a float32 residual. The backward pass joins the gradients of both outputs in one pass as well.
ResidualNorm residual_layer_norm(const Tensor& residual, const Tensor& branch, const Tensor& weight,
                                 const Tensor& bias, double epsilon = 1e-5, std::optional<DType> result = {});

}  // namespace attune::ops
