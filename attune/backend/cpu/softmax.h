// Softmax over the rows of a matrix, T = float or bfloat16, float32 arithmetic. Threaded over rows; a row's
// result does not depend on the others nor on the number of threads.
#pragma once

#include <cstdint>

namespace attune::cpu {

// y[r, :] = softmax(scale x[r, :]). A row that is -infinity throughout gives NaN. y may be x.
template <typename T>
void softmax(const T* x, T* y, std::int64_t rows, std::int64_t columns, float scale = 1.0f);

// dx[r, :] = scale y (dy - sum(dy y)), the gradient of softmax(scale x) from its result y. dx may be dy or y.
template <typename T>
void softmax_backward(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t columns,
                      float scale = 1.0f);

// result[r] = log(sum(exp(x[r, :]))), safe from overflow; -infinity for a row of -infinity.
template <typename T>
void log_sum_exp(const T* x, float* result, std::int64_t rows, std::int64_t columns);

}  // namespace attune::cpu
