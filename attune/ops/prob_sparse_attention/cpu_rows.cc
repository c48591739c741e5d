#include "attune/ops/prob_sparse_attention/cpu_rows.h"

#include <type_traits>

#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/prob_sparse_attention/cpu_rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_OPS_PROB_SPARSE_ATTENTION_CPU_ROWS
#define ATTUNE_OPS_PROB_SPARSE_ATTENTION_CPU_ROWS
namespace attune::ops {
// What one instruction set provides, in float32.
struct RowKernels {
  decltype(&row_products<float>) products;
  decltype(&add_weighted_rows<float>) weighted;
  decltype(&add_to_rows<float>) to_rows;
};
}  // namespace attune::ops
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

HWY_ATTR void products(const float* x, const float* rows, std::int64_t stride, const std::int64_t* index,
                       std::int64_t count, std::int64_t width, float scale, float* to) {
  const hn::ScalableTag<float> d;
  for (std::int64_t n = 0; n < count; ++n) {
    const float* row = rows + (index == nullptr ? n : index[n]) * stride;
    to[n] = scale * sum_of(d, width, [&](std::int64_t i, auto lanes) HWY_ATTR {
              return hn::Mul(load(d, x + i, lanes), load(d, row + i, lanes));
            });
  }
}

HWY_ATTR void add_row(float factor, const float* x, std::int64_t width, float* y) {
  const hn::ScalableTag<float> d;
  const auto f = hn::Set(d, factor);
  for_vectors(d, width, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::MulAdd(f, load(d, x + i, lanes), load(d, y + i, lanes)), y + i, lanes);
  });
}

HWY_ATTR void weighted(const float* factors, const float* rows, std::int64_t stride, std::int64_t count,
                       std::int64_t width, float* y) {
  const hn::ScalableTag<float> d;
  for_vectors(d, width, [&](std::int64_t i, auto lanes) HWY_ATTR {
    auto sum = load(d, y + i, lanes);
    for (std::int64_t n = 0; n < count; ++n)
      sum = hn::MulAdd(hn::Set(d, factors[n]), load(d, rows + n * stride + i, lanes), sum);
    store(d, sum, y + i, lanes);
  });
}

HWY_ATTR void to_rows(const float* factors, const float* x, std::int64_t stride, std::int64_t count,
                      std::int64_t width, float* rows) {
  for (std::int64_t n = 0; n < count; ++n) add_row(factors[n], x, width, rows + n * stride);
}

ops::RowKernels row_kernels() { return {&products, &weighted, &to_rows}; }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {
HWY_EXPORT(row_kernels);
}
const ops::RowKernels& chosen_row_kernels() {
  static const ops::RowKernels kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    return HWY_DYNAMIC_DISPATCH(row_kernels)();
  }();
  return kernels;
}
}  // namespace attune::cpu

namespace attune::ops {

using cpu::chosen_row_kernels;

template <typename T>
void row_products(const T* x, const T* rows, std::int64_t stride, const std::int64_t* index,
                  std::int64_t count, std::int64_t width, T scale, T* products) {
  if constexpr (std::is_same_v<T, float>) {
    chosen_row_kernels().products(x, rows, stride, index, count, width, scale, products);
  } else {
    for (std::int64_t n = 0; n < count; ++n) {
      const T* row = rows + (index == nullptr ? n : index[n]) * stride;
      T sum = 0;
      for (std::int64_t i = 0; i < width; ++i) sum += x[i] * row[i];
      products[n] = scale * sum;
    }
  }
}

template <typename T>
void add_weighted_rows(const T* factors, const T* rows, std::int64_t stride, std::int64_t count,
                       std::int64_t width, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    chosen_row_kernels().weighted(factors, rows, stride, count, width, y);
  } else {
    for (std::int64_t n = 0; n < count; ++n) {
      for (std::int64_t i = 0; i < width; ++i) y[i] += factors[n] * rows[n * stride + i];
    }
  }
}

template <typename T>
void add_to_rows(const T* factors, const T* x, std::int64_t stride, std::int64_t count, std::int64_t width,
                 T* rows) {
  if constexpr (std::is_same_v<T, float>) {
    chosen_row_kernels().to_rows(factors, x, stride, count, width, rows);
  } else {
    for (std::int64_t n = 0; n < count; ++n) {
      for (std::int64_t i = 0; i < width; ++i) rows[n * stride + i] += factors[n] * x[i];
    }
  }
}

template decltype(row_products<float>) row_products<float>;
template decltype(row_products<double>) row_products<double>;
template decltype(add_weighted_rows<float>) add_weighted_rows<float>;
template decltype(add_weighted_rows<double>) add_weighted_rows<double>;
template decltype(add_to_rows<float>) add_to_rows<float>;
template decltype(add_to_rows<double>) add_to_rows<double>;

}  // namespace attune::ops
#endif  // HWY_ONCE
