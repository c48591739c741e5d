#include "attune/ops/softmax/softmax.h"

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/softmax.h"
#include "attune/ops/softmax/log_softmax_cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// The float64 path, one row at a time.
double log_sum_exp(const double* x, std::int64_t n) {
  const double most = *std::max_element(x, x + n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - most);
  return most + std::log(sum);
}

double dot(const double* a, const double* b, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Makes a tensor like x and calls fill(x, y, rows, columns) with the memory of both.
template <typename Fill>
Tensor map_rows(const Tensor& x, const char* operation, Fill fill) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const std::int64_t columns = x.dim(-1), rows = columns == 0 ? 0 : x.elements() / columns;
  dispatch_floating(x.dtype(), operation,
                    [&]<typename T>(T*) { fill(x.data<T>(), y.mutable_data<T>(), rows, columns); });
  return y;
}

Tensor softmax_of(const Tensor& x) {
  return map_rows(x, "softmax",
                  []<typename T>(const T* from, T* to, std::int64_t rows, std::int64_t columns) {
                    if constexpr (std::is_same_v<T, double>) {
                      for (std::int64_t row = 0; row < rows; ++row, from += columns, to += columns) {
                        const double total = log_sum_exp(from, columns);
                        for (std::int64_t i = 0; i < columns; ++i) to[i] = std::exp(from[i] - total);
                      }
                    } else {
                      cpu::softmax(from, to, rows, columns);
                    }
                  });
}

Tensor softmax_gradient(const Tensor& y, const Tensor& dy) {
  return map_rows(
      dy, "softmax", [&]<typename T>(const T* from, T* to, std::int64_t rows, std::int64_t columns) {
        const T* result = y.data<T>();
        if constexpr (std::is_same_v<T, double>) {
          for (std::int64_t row = 0; row < rows; ++row, from += columns, to += columns, result += columns) {
            const double mean = dot(result, from, columns);
            for (std::int64_t i = 0; i < columns; ++i) to[i] = result[i] * (from[i] - mean);
          }
        } else {
          cpu::softmax_backward(result, from, to, rows, columns);
        }
      });
}

Tensor log_softmax_of(const Tensor& x) {
  return map_rows(x, "log_softmax",
                  []<typename T>(const T* from, T* to, std::int64_t rows, std::int64_t columns) {
                    if constexpr (std::is_same_v<T, double>) {
                      for (std::int64_t row = 0; row < rows; ++row, from += columns, to += columns) {
                        const double total = log_sum_exp(from, columns);
                        for (std::int64_t i = 0; i < columns; ++i) to[i] = from[i] - total;
                      }
                    } else {
                      cpu::log_softmax(from, to, rows, columns);
                    }
                  });
}

Tensor log_softmax_gradient(const Tensor& y, const Tensor& dy) {
  return map_rows(
      dy, "log_softmax", [&]<typename T>(const T* from, T* to, std::int64_t rows, std::int64_t columns) {
        const T* result = y.data<T>();
        if constexpr (std::is_same_v<T, double>) {
          for (std::int64_t row = 0; row < rows; ++row, from += columns, to += columns, result += columns) {
            double sum = 0;
            for (std::int64_t i = 0; i < columns; ++i) sum += from[i];
            for (std::int64_t i = 0; i < columns; ++i) to[i] = from[i] - std::exp(result[i]) * sum;
          }
        } else {
          cpu::log_softmax_backward(result, from, to, rows, columns);
        }
      });
}

}  // namespace

Tensor softmax(const Tensor& x) {
  check(x.rank() > 0, "softmax: x is a scalar, expected at least one dimension");
  Tensor y = softmax_of(contiguous(detach(x)));
  return record("softmax", {x}, y, [result = detach(y)](Backward& b) {
    b.add(0, softmax_gradient(result, contiguous(b.gradient())));
  });
}

Tensor log_softmax(const Tensor& x) {
  check(x.rank() > 0, "log_softmax: x is a scalar, expected at least one dimension");
  Tensor y = log_softmax_of(contiguous(detach(x)));
  return record("log_softmax", {x}, y, [result = detach(y)](Backward& b) {
    b.add(0, log_softmax_gradient(result, contiguous(b.gradient())));
  });
}

}  // namespace attune::ops
