// The rows of log_softmax on the CPU; float32 or bfloat16, float32 arithmetic. Threaded over rows.
#pragma once

#include <cstdint>

namespace attune::cpu {

// y[r, :] = x[r, :] - log(sum(exp(x[r, :])))
template <typename T>
void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t columns);

// dx[r, :] = dy - exp(y) sum(dy), from the result y.
template <typename T>
void log_softmax_backward(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t columns);

}  // namespace attune::cpu
