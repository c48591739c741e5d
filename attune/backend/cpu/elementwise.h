// Arithmetic on arrays and on the rows of a matrix, T = float or bfloat16, float32 arithmetic. Threaded; no
// result depends on the number of threads. An output may be one of the inputs.
#pragma once

#include <cstdint>

#include "attune/tensor/dtype.h"

namespace attune::cpu {

// y = a + b
template <typename T>
void add(const T* a, const T* b, T* y, std::int64_t n);

// y = a b
template <typename T>
void multiply(const T* a, const T* b, T* y, std::int64_t n);

// y = factor x
template <typename T>
void scale(const T* x, float factor, T* y, std::int64_t n);

// y[r, :] = x[r, :] + bias
template <typename T, typename B>
void add_bias(const T* x, const B* bias, T* y, std::int64_t rows, std::int64_t columns);

// sum[j] (+)= x[0, j] + x[1, j] + ...; rows are `stride` elements apart; added to what is there if
// `accumulate`.
template <typename T>
void column_sum(const T* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* sum,
                bool accumulate);

// float32 to bfloat16, rounded to nearest, ties to even; and back.
void convert(const float* x, bfloat16* y, std::int64_t n);
void convert(const bfloat16* x, float* y, std::int64_t n);

}  // namespace attune::cpu
