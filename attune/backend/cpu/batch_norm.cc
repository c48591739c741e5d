#include "attune/backend/cpu/batch_norm.h"

#include <algorithm>
#include <type_traits>

#include "attune/backend/cpu/scratch.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/batch_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_BATCH_NORM_KERNELS
#define ATTUNE_BACKEND_CPU_BATCH_NORM_KERNELS
namespace attune::cpu {
// What one instruction set provides, on one thread. The sums are added to what is there.
template <typename X, typename Y>
struct BatchNormKernels {
  // mean[j] of some rows, and squares[j], the sum of (x - mean)^2.
  void (*moments)(const X* x, float* mean, float* squares, std::int64_t rows, std::int64_t columns);
  decltype(&normalize_columns<X, Y>) normalize;
  decltype(&sum_normalized_columns<X, Y>) sum;
  decltype(&combine_columns<X, Y>) combine;
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

template <typename X>
HWY_ATTR void moments(const X* x, float* mean, float* squares, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  const auto share = hn::Set(d, 1.0f / static_cast<float>(rows));
  for_vectors(d, columns, [&](std::int64_t j, auto lanes) HWY_ATTR {
    auto sum = hn::Zero(d), square = hn::Zero(d);
    for (std::int64_t r = 0; r < rows; ++r) sum = hn::Add(sum, load(d, x + r * columns + j, lanes));
    const auto centre = hn::Mul(sum, share);
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto away = hn::Sub(load(d, x + r * columns + j, lanes), centre);
      square = hn::MulAdd(away, away, square);
    }
    store(d, centre, mean + j, lanes);
    store(d, square, squares + j, lanes);
  });
}

template <typename X, typename Y>
HWY_ATTR void normalize(const X* x, const float* mean, const float* factor, const float* bias, Y* y,
                        std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    for_vectors(d, columns, [&](std::int64_t j, auto lanes) HWY_ATTR {
      const auto away = hn::Sub(load(d, x + j, lanes), load(d, mean + j, lanes));
      store(d, hn::MulAdd(away, load(d, factor + j, lanes), load(d, bias + j, lanes)), y + j, lanes);
    });
  }
}

template <typename X, typename Y>
HWY_ATTR void sum_rows(const Y* dy, const X* x, const float* mean, float* sum, float* product,
                       std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for_vectors(d, columns, [&](std::int64_t j, auto lanes) HWY_ATTR {
    auto s = hn::Zero(d), p = hn::Zero(d);
    const auto centre = load(d, mean + j, lanes);
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto gradient = load(d, dy + r * columns + j, lanes);
      s = hn::Add(s, gradient);
      p = hn::MulAdd(gradient, hn::Sub(load(d, x + r * columns + j, lanes), centre), p);
    }
    store(d, s, sum + j, lanes);
    store(d, p, product + j, lanes);
  });
}

template <typename X, typename Y>
HWY_ATTR void combine(const Y* dy, const X* x, const float* mean, const float* a, const float* b,
                      const float* c, bool accumulate, X* dx, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, dy += columns, x += columns, dx += columns) {
    for_vectors(d, columns, [&](std::int64_t j, auto lanes) HWY_ATTR {
      const auto away = hn::Sub(load(d, x + j, lanes), load(d, mean + j, lanes));
      auto sum = hn::MulAdd(load(d, b + j, lanes), away, load(d, c + j, lanes));
      sum = hn::MulAdd(load(d, a + j, lanes), load(d, dy + j, lanes), sum);
      if (accumulate) sum = hn::Add(sum, load(d, dx + j, lanes));
      store(d, sum, dx + j, lanes);
    });
  }
}

template <typename X, typename Y>
BatchNormKernels<X, Y> kernels() {
  return {&moments<X>, &normalize<X, Y>, &sum_rows<X, Y>, &combine<X, Y>};
}
BatchNormKernels<float, float> float_float() { return kernels<float, float>(); }
BatchNormKernels<float, bfloat16> float_bfloat16() { return kernels<float, bfloat16>(); }
BatchNormKernels<bfloat16, float> bfloat16_float() { return kernels<bfloat16, float>(); }
BatchNormKernels<bfloat16, bfloat16> bfloat16_bfloat16() { return kernels<bfloat16, bfloat16>(); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_float);
HWY_EXPORT(float_bfloat16);
HWY_EXPORT(bfloat16_float);
HWY_EXPORT(bfloat16_bfloat16);

template <typename X, typename Y>
const BatchNormKernels<X, Y>& chosen() {
  static const BatchNormKernels<X, Y> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    constexpr bool float_in = std::is_same_v<X, float>, float_out = std::is_same_v<Y, float>;
    if constexpr (float_in && float_out) {
      return HWY_DYNAMIC_DISPATCH(float_float)();
    } else if constexpr (float_in) {
      return HWY_DYNAMIC_DISPATCH(float_bfloat16)();
    } else if constexpr (float_out) {
      return HWY_DYNAMIC_DISPATCH(bfloat16_float)();
    } else {
      return HWY_DYNAMIC_DISPATCH(bfloat16_bfloat16)();
    }
  }();
  return kernels;
}

// Blocks of rows, each with partial sums of its own, that do not depend on the number of threads: calls
// body(first row, rows, first sums, second sums), both [columns], for each, and returns all of them.
struct Blocks {
  std::int64_t rows, columns;
  std::int64_t block_rows = std::max<std::int64_t>(16, (rows + 31) / 32);
  std::int64_t count = (rows + block_rows - 1) / block_rows;
  float* sums = scratch(2 * count * columns + 1);

  float* first(std::int64_t block) const { return sums + 2 * block * columns; }
  float* second(std::int64_t block) const { return first(block) + columns; }
  std::int64_t rows_of(std::int64_t block) const { return std::min(block_rows, rows - block * block_rows); }

  template <typename Body>
  void for_each(Body&& body) const {
    parallel_for(count, rows_grain(block_rows * columns), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) body(b, b * block_rows * columns);
    });
  }
};

}  // namespace

template <typename X>
void column_moments(const X* x, float* mean, float* variance, std::int64_t rows, std::int64_t columns) {
  const Blocks blocks{rows, columns};
  blocks.for_each([&](std::int64_t b, std::int64_t first) {
    chosen<X, X>().moments(x + first, blocks.first(b), blocks.second(b), blocks.rows_of(b), columns);
  });
  // Joined as Chan, Golub and LeVeque (1979) do: squares + squares' + (mean' - mean)^2 n n' / (n + n').
  std::copy_n(blocks.first(0), columns, mean);
  std::copy_n(blocks.second(0), columns, variance);
  auto seen = static_cast<float>(blocks.rows_of(0));
  for (std::int64_t b = 1; b < blocks.count; ++b) {
    const auto more = static_cast<float>(blocks.rows_of(b));
    const float share = more / (seen + more), weight = seen * share;
    const float *means = blocks.first(b), *squares = blocks.second(b);
    for (std::int64_t j = 0; j < columns; ++j) {
      const float apart = means[j] - mean[j];
      mean[j] += apart * share;
      variance[j] += squares[j] + apart * apart * weight;
    }
    seen += more;
  }
  for (std::int64_t j = 0; j < columns; ++j) variance[j] /= seen;
}

template <typename X, typename Y>
void normalize_columns(const X* x, const float* mean, const float* factor, const float* bias, Y* y,
                       std::int64_t rows, std::int64_t columns) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<X, Y>().normalize(x + begin * columns, mean, factor, bias, y + begin * columns, end - begin,
                             columns);
  });
}

template <typename X, typename Y>
void sum_normalized_columns(const Y* dy, const X* x, const float* mean, float* sum, float* product,
                            std::int64_t rows, std::int64_t columns) {
  const Blocks blocks{rows, columns};
  blocks.for_each([&](std::int64_t b, std::int64_t first) {
    chosen<X, Y>().sum(dy + first, x + first, mean, blocks.first(b), blocks.second(b), blocks.rows_of(b),
                       columns);
  });
  std::fill_n(sum, columns, 0.0f);
  std::fill_n(product, columns, 0.0f);
  for (std::int64_t b = 0; b < blocks.count; ++b) {
    for (std::int64_t j = 0; j < columns; ++j) sum[j] += blocks.first(b)[j];
    for (std::int64_t j = 0; j < columns; ++j) product[j] += blocks.second(b)[j];
  }
}

template <typename X, typename Y>
void combine_columns(const Y* dy, const X* x, const float* mean, const float* a, const float* b,
                     const float* c, bool accumulate, X* dx, std::int64_t rows, std::int64_t columns) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * columns;
    chosen<X, Y>().combine(dy + first, x + first, mean, a, b, c, accumulate, dx + first, end - begin,
                           columns);
  });
}

template decltype(column_moments<float>) column_moments<float>;
template decltype(column_moments<bfloat16>) column_moments<bfloat16>;
template decltype(normalize_columns<float, float>) normalize_columns<float, float>;
template decltype(normalize_columns<float, bfloat16>) normalize_columns<float, bfloat16>;
template decltype(normalize_columns<bfloat16, float>) normalize_columns<bfloat16, float>;
template decltype(normalize_columns<bfloat16, bfloat16>) normalize_columns<bfloat16, bfloat16>;
template decltype(sum_normalized_columns<float, float>) sum_normalized_columns<float, float>;
template decltype(sum_normalized_columns<float, bfloat16>) sum_normalized_columns<float, bfloat16>;
template decltype(sum_normalized_columns<bfloat16, float>) sum_normalized_columns<bfloat16, float>;
template decltype(sum_normalized_columns<bfloat16, bfloat16>) sum_normalized_columns<bfloat16, bfloat16>;
template decltype(combine_columns<float, float>) combine_columns<float, float>;
template decltype(combine_columns<float, bfloat16>) combine_columns<float, bfloat16>;
template decltype(combine_columns<bfloat16, float>) combine_columns<bfloat16, float>;
template decltype(combine_columns<bfloat16, bfloat16>) combine_columns<bfloat16, bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
