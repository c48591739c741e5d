#include "attune/ops/moving_average/moving_average.h"

#include <algorithm>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// Calls f(x row, y row) for the rows of contiguous x and y (..., T), in parallel.
template <typename T, typename F>
void for_each_row(const Tensor& x, const Tensor& y, F f) {
  const std::int64_t length = x.dim(-1), rows = length > 0 ? x.elements() / length : 0;
  const T* from = x.data<T>();
  T* to = y.mutable_data<T>();
  cpu::parallel_for(rows, cpu::rows_grain(length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) f(from + r * length, to + r * length);
  });
}

// A running sum in float64: what leaves takes away exactly what came in.
template <typename T>
void average_row(const T* x, T* y, std::int64_t length, std::int64_t half) {
  const auto at = [&](std::int64_t t) {
    return static_cast<double>(x[std::clamp<std::int64_t>(t, 0, length - 1)]);
  };
  const double share = 1 / static_cast<double>(2 * half + 1);
  double sum = 0;
  for (std::int64_t t = -half; t <= half; ++t) sum += at(t);
  for (std::int64_t t = 0; t < length; ++t) {
    y[t] = static_cast<T>(sum * share);
    sum += at(t + half + 1) - at(t - half);
  }
}

// The transpose: dx[s] = the sum of dy[t] over |t - s| <= half, and what reached beyond the ends falls to
// the first and the last value.
template <typename T>
void gradient_row(const T* dy, T* dx, std::int64_t length, std::int64_t half) {
  const auto at = [&](std::int64_t t) { return t >= 0 && t < length ? static_cast<double>(dy[t]) : 0.0; };
  const double share = 1 / static_cast<double>(2 * half + 1);
  double sum = 0, beyond_first = 0, beyond_last = 0;
  for (std::int64_t t = 0; t <= half; ++t) sum += at(t);
  for (std::int64_t t = 0; t < std::min(half, length); ++t) {
    beyond_first += static_cast<double>(half - t) * at(t);
    beyond_last += static_cast<double>(half - t) * at(length - 1 - t);
  }
  for (std::int64_t t = 0; t < length; ++t) {
    dx[t] = static_cast<T>(sum * share);
    sum += at(t + half + 1) - at(t - half);
  }
  dx[0] += static_cast<T>(beyond_first * share);
  dx[length - 1] += static_cast<T>(beyond_last * share);
}

// Calls f with a null pointer of x's type.
template <typename F>
void with_type(const Tensor& x, F f) {
  x.dtype() == DType::float64 ? f(static_cast<double*>(nullptr)) : f(static_cast<float*>(nullptr));
}

}  // namespace

Tensor moving_average(const Tensor& x, std::int64_t window) {
  check(x.rank() >= 1 && (x.dtype() == DType::float32 || x.dtype() == DType::float64),
        "moving_average: x is {} {}, expected float32 or float64 (..., T)", name_of(x.dtype()), x.shape());
  check(window >= 1 && window % 2 == 1, "moving_average: the window is {}, expected an odd number", window);
  const Tensor rows = contiguous(detach(x));                         // (..., T)
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());  // (..., T)
  const std::int64_t length = x.dim(-1), half = window / 2;
  with_type(x, [&]<typename T>(T*) {
    for_each_row<T>(rows, y, [&](const T* from, T* to) { average_row(from, to, length, half); });
  });
  return record("moving_average", {x}, y, [length, half](Backward& b) {
    const Tensor dy = contiguous(b.gradient());                            // (..., T)
    const Tensor dx = Tensor::empty(dy.shape(), dy.dtype(), dy.device());  // (..., T)
    with_type(dy, [&]<typename T>(T*) {
      for_each_row<T>(dy, dx, [&](const T* from, T* to) { gradient_row(from, to, length, half); });
    });
    b.add(0, dx);
  });
}

}  // namespace attune::ops
