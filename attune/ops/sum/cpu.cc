#include "attune/ops/sum/cpu.h"

#include <algorithm>
#include <array>
#include <vector>

#include "attune/backend/cpu/elementwise.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

// Sixteen running sums: the compiler makes vectors of them, and errors grow sixteen times slower.
template <typename Sum, typename T>
Sum sum_row(const T* x, std::int64_t count) {
  constexpr std::int64_t lanes = 16;
  std::array<Sum, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t k = 0; k < lanes; ++k) sums[static_cast<std::size_t>(k)] += static_cast<Sum>(x[i + k]);
  }
  for (; i < count; ++i) sums[static_cast<std::size_t>(i % lanes)] += static_cast<Sum>(x[i]);
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

// A long row is summed in blocks of fixed size, so that few long rows keep all threads busy too.
template <typename Sum, typename T>
void sum_rows(const T* x, Sum* y, std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t block = 1 << 15;
  const std::int64_t blocks = std::max<std::int64_t>(1, (columns + block - 1) / block);
  std::vector<Sum> partial(static_cast<std::size_t>(rows * blocks));
  parallel_for(rows * blocks, std::max<std::int64_t>(1, block / std::max<std::int64_t>(1, columns)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t at = begin; at < end; ++at) {
                   const std::int64_t first = at % blocks * block;
                   partial[static_cast<std::size_t>(at)] =
                       sum_row<Sum>(x + at / blocks * columns + first, std::min(block, columns - first));
                 }
               });
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto begin = partial.begin() + row * blocks;
    double sum = 0;
    for (auto one = begin; one != begin + blocks; ++one) sum += static_cast<double>(*one);
    y[row] = static_cast<Sum>(sum);
  }
}

void sum_columns(const double* x, double* y, std::int64_t rows, std::int64_t columns) {
  std::fill_n(y, columns, 0.0);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t j = 0; j < columns; ++j) y[j] += x[row * columns + j];
  }
}

template <typename T>
void sum_columns(const T* x, float* y, std::int64_t rows, std::int64_t columns) {
  column_sum(x, rows, columns, columns, y, false);
}

}  // namespace

Tensor sum_middle(const Tensor& x, std::int64_t outer, std::int64_t run, std::int64_t inner) {
  return dispatch_floating(x.dtype(), "sum", [&]<typename T>(T*) {
    using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;
    Tensor y = Tensor::empty({outer, inner}, dtype_of<Sum>, x.device());
    const T* from = x.data<T>();
    Sum* to = y.mutable_data<Sum>();
    if (inner == 1) {
      sum_rows(from, to, outer, run);
    } else if (outer == 1) {
      sum_columns(from, to, run, inner);
    } else {
      parallel_for(outer, std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, run * inner)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t o = begin; o < end; ++o)
                       sum_columns(from + o * run * inner, to + o * inner, run, inner);
                   });
    }
    return y;
  });
}

}  // namespace attune::cpu
