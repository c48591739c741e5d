#include "attune/backend/cpu/matmul.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attune/backend/cpu/elementwise.h"
#include "attune/backend/cpu/onednn.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

namespace attune::cpu {
namespace {

struct Product {
  std::int64_t batch, m, n, k;
};

// The reference path: every product summed in order, in float64.
void matmul_float64(const Product& p, const Matrix& a, const Matrix& b, const Matrix& c,
                    const MatmulOptions& options) {
  check(options.activation == Activation::none, "matmul: float64 takes no activation");
  const auto* bias = static_cast<const double*>(options.bias);
  for (std::int64_t i = 0; i < p.batch; ++i) {
    const auto* left = static_cast<const double*>(a.data) + i * a.batch_stride;
    const auto* right = static_cast<const double*>(b.data) + i * b.batch_stride;
    auto* out = static_cast<double*>(const_cast<void*>(c.data)) + i * c.batch_stride;
    parallel_for(p.m, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t column = 0; column < p.n; ++column) {
          double sum = bias != nullptr ? bias[column] : 0;
          for (std::int64_t j = 0; j < p.k; ++j) {
            sum += left[row * a.row_stride + j * a.column_stride] *
                   right[j * b.row_stride + column * b.column_stride];
          }
          double& target = out[row * c.row_stride + column];
          target = options.accumulate ? target + sum : sum;
        }
      }
    });
  }
}

// A float32 copy of a bfloat16 operand, laid out as the operand is, for processors on which oneDNN has no
// bfloat16 product.
Matrix widen(const Matrix& matrix, std::int64_t batch, std::int64_t rows, std::int64_t columns,
             std::vector<float>& memory) {
  const bool by_columns = columns > 1 && matrix.column_stride != 1;
  const std::int64_t lines = by_columns ? columns : rows, length = by_columns ? rows : columns;
  const std::int64_t line_stride = by_columns ? matrix.column_stride : matrix.row_stride;
  const std::int64_t copies = matrix.batch_stride == 0 ? 1 : batch;
  memory.resize(static_cast<std::size_t>(copies * lines * length));
  const auto* from = static_cast<const bfloat16*>(matrix.data);
  float* to = memory.data();
  parallel_for(copies * lines, rows_grain(length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      convert(from + at / lines * matrix.batch_stride + at % lines * line_stride, to + at * length, length);
    }
  });
  return {to, DType::float32, by_columns ? 1 : length, by_columns ? length : 1,
          matrix.batch_stride == 0 ? 0 : rows * columns};
}

void matmul_widened(const Product& p, const Matrix& a, const Matrix& b, const Matrix& c,
                    const MatmulOptions& options) {
  static thread_local std::vector<float> left, right, out;
  const Matrix wide_a = widen(a, p.batch, p.m, p.k, left), wide_b = widen(b, p.batch, p.k, p.n, right);
  if (c.dtype == DType::float32) {
    onednn_matmul(p.batch, p.m, p.n, p.k, wide_a, wide_b, c, options);
    return;
  }
  const Matrix wide_c = widen(c, p.batch, p.m, p.n, out);
  onednn_matmul(p.batch, p.m, p.n, p.k, wide_a, wide_b, wide_c, options);
  auto* target = static_cast<bfloat16*>(const_cast<void*>(c.data));
  const float* product = out.data();  // every thread has an `out` of its own
  parallel_for(p.batch * p.m, rows_grain(p.n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      convert(product + at * p.n, target + at / p.m * c.batch_stride + at % p.m * c.row_stride, p.n);
    }
  });
}

// An empty sum: the result is the bias, or nothing is added.
void matmul_no_terms(const Product& p, const Matrix& c, const MatmulOptions& options) {
  check(options.activation == Activation::none, "matmul: a product over no terms takes no activation");
  if (options.accumulate && options.bias == nullptr) return;
  dispatch_floating(c.dtype, "matmul", [&]<typename T>(T*) {
    using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;
    auto* out = static_cast<T*>(const_cast<void*>(c.data));
    const auto* bias = static_cast<const Sum*>(options.bias);
    for (std::int64_t row = 0; row < p.batch * p.m; ++row) {
      T* target = out + row / p.m * c.batch_stride + row % p.m * c.row_stride;
      for (std::int64_t j = 0; j < p.n; ++j) {
        const Sum before = options.accumulate ? static_cast<Sum>(target[j]) : Sum{0};
        target[j] = static_cast<T>(before + (bias != nullptr ? bias[j] : Sum{0}));
      }
    }
  });
}

}  // namespace

void matmul(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
            const Matrix& b, const Matrix& c, const MatmulOptions& options) {
  check(a.dtype == b.dtype, "matmul: operands of {} and {}", name_of(a.dtype), name_of(b.dtype));
  if (batch == 0 || m == 0 || n == 0) return;
  const Product product{batch, m, n, k};
  if (k == 0) {
    matmul_no_terms(product, c, options);
  } else if (a.dtype == DType::float64) {
    matmul_float64(product, a, b, c, options);
  } else if (a.dtype == DType::bfloat16 && isa() < Isa::avx512) {
    matmul_widened(product, a, b, c, options);
  } else {
    onednn_matmul(batch, m, n, k, a, b, c, options);
  }
}

}  // namespace attune::cpu
