// What the operations that normalise rows ask of their operands.
#pragma once

#include <optional>
#include <string_view>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// Checks x (..., D), weight (D) and bias (D) or undefined, and returns the type of the normalised rows.
// `operation` and `name` (of x) begin the error messages.
DType expect_norm_operands(std::string_view operation, std::string_view name, const Tensor& x,
                           const Tensor& weight, const Tensor& bias, double epsilon,
                           std::optional<DType> result);

// (N, D), contiguous: the rows that x (..., D) is made of.
Tensor norm_rows(const Tensor& x);

}  // namespace attune::ops
