// Tensors as operands of a matrix product.
#pragma once

#include <string_view>

#include "attune/backend/cpu/matmul.h"
#include "attune/tensor/tensor.h"

namespace attune::ops {

// The weight in the type that the product with x runs in: itself, or the copy that training in bfloat16 keeps
// (AutogradMeta::compute_copy). A float32 weight that is not trained has no copy and is converted each time,
// which takes a small part of the product's. In inference a bfloat16 weight serves a float32 x as well.
// `operation` begins the error message when there is none.
Tensor compute_weight(std::string_view operation, const Tensor& weight, const Tensor& x);

// (N, D) with unit column stride: the matrix that x (..., D) is, whatever its leading dimensions; copies only
// when no view can express it.
Tensor rows_of(const Tensor& x);

// The matrix with one unit stride that a weight is, plain or transposed; copies when it is neither.
Tensor weight_matrix(const Tensor& weight);

cpu::Matrix matrix(const Tensor& x);
cpu::Matrix writable(const Tensor& x);
cpu::Matrix transposed(const cpu::Matrix& m);

}  // namespace attune::ops
