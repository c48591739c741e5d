// Batch normalisation on the CPU. Shapes: x, y, dy, dx (N, D) contiguous; all others (D), of the type of the
// parameters.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct ColumnMoments {
  Tensor mean, variance;  // (D), the variance biased
};

ColumnMoments column_moments(const Tensor& x);

// y = (x - mean) factor + bias
void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& factor, const Tensor& bias,
                       const Tensor& y);

// sum = the sum over rows of dy, product = that of dy (x - mean).
struct ColumnSums {
  Tensor sum, product;
};
ColumnSums sum_normalized_columns(const Tensor& dy, const Tensor& x, const Tensor& mean);

// dx = a dy + b (x - mean) + c, added to what is there when `accumulate`.
void combine_columns(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& a, const Tensor& b,
                     const Tensor& c, bool accumulate, const Tensor& dx);

}  // namespace attune::ops
