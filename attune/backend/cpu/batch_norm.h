// Normalisation of the columns of a matrix by moments over its rows (Ioffe and Szegedy 2015, 1502.03167).
//
// X is the type of the rows that come in, Y of the normalised rows: float or bfloat16 each; arithmetic is
// float32. Threaded; no result depends on the number of threads.
#pragma once

#include <cstdint>

#include "attune/tensor/dtype.h"

namespace attune::cpu {

// mean[j] and the biased variance[j] of every column, of at least one row.
template <typename X>
void column_moments(const X* x, float* mean, float* variance, std::int64_t rows, std::int64_t columns);

// y[r, j] = (x[r, j] - mean[j]) factor[j] + bias[j]. y may be x.
template <typename X, typename Y>
void normalize_columns(const X* x, const float* mean, const float* factor, const float* bias, Y* y,
                       std::int64_t rows, std::int64_t columns);

// sum[j] = the sum over rows of dy[r, j], product[j] = that of dy[r, j] (x[r, j] - mean[j]).
template <typename X, typename Y>
void sum_normalized_columns(const Y* dy, const X* x, const float* mean, float* sum, float* product,
                            std::int64_t rows, std::int64_t columns);

// dx[r, j] = a[j] dy[r, j] + b[j] (x[r, j] - mean[j]) + c[j], added to what is there when `accumulate`.
template <typename X, typename Y>
void combine_columns(const Y* dy, const X* x, const float* mean, const float* a, const float* b,
                     const float* c, bool accumulate, X* dx, std::int64_t rows, std::int64_t columns);

}  // namespace attune::cpu
