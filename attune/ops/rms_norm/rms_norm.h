// Root mean square layer normalisation (Zhang and Sennrich 2019, 1910.07467, section 4).
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y = x / sqrt(mean(x^2) + epsilon) * weight over the last dimension: x (..., D), weight (D): y (..., D). The
// mean is not taken away, and nothing is added.
//
// Types as in layer_norm: x is float32, bfloat16 or float64, weight float32 (float64 with float64 x), y of
// x's type unless `result` says otherwise.
Tensor rms_norm(const Tensor& x, const Tensor& weight, double epsilon = 1e-6,
                std::optional<DType> result = {});

}  // namespace attune::ops
