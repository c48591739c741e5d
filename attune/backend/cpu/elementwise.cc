#include "attune/backend/cpu/elementwise.h"

#include <algorithm>
#include <type_traits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/elementwise.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_ELEMENTWISE_KERNELS
#define ATTUNE_BACKEND_CPU_ELEMENTWISE_KERNELS
namespace attune::cpu {
// What one instruction set provides: the functions of the header, on one thread.
template <typename T>
struct ElementwiseKernels {
  decltype(&attune::cpu::add<T>) add;
  decltype(&attune::cpu::multiply<T>) multiply;
  decltype(&attune::cpu::scale<T>) scale;
  decltype(&attune::cpu::add_bias<T, float>) add_float_bias;
  decltype(&attune::cpu::add_bias<T, bfloat16>) add_bfloat16_bias;
  decltype(&attune::cpu::column_sum<T>) column_sum;
  void (*from_float)(const float*, T*, std::int64_t);
  void (*to_float)(const T*, float*, std::int64_t);
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

template <typename T>
HWY_ATTR void add_arrays(const T* a, const T* b, T* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Add(load(d, a + i, lanes), load(d, b + i, lanes)), y + i, lanes);
  });
}

template <typename T>
HWY_ATTR void multiply_arrays(const T* a, const T* b, T* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Mul(load(d, a + i, lanes), load(d, b + i, lanes)), y + i, lanes);
  });
}

template <typename T>
HWY_ATTR void scale_array(const T* x, float factor, T* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto f = hn::Set(d, factor);
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Mul(load(d, x + i, lanes), f), y + i, lanes);
  });
}

template <typename T, typename B>
HWY_ATTR void add_bias_rows(const T* x, const B* bias, T* y, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      store(d, hn::Add(load(d, x + i, lanes), load(d, bias + i, lanes)), y + i, lanes);
    });
  }
}

// Eight rows at a time, so that the running sums are loaded and stored once for eight.
template <typename T>
HWY_ATTR void sum_columns(const T* x, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                          float* sum, bool accumulate) {
  const hn::ScalableTag<float> d;
  if (!accumulate) std::fill_n(sum, columns, 0.0f);
  std::int64_t r = 0;
  for (; r + 8 <= rows; r += 8) {
    const T* row = x + r * stride;
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto pair = [&](std::int64_t k) HWY_ATTR {
        return hn::Add(load(d, row + k * stride + i, lanes), load(d, row + (k + 1) * stride + i, lanes));
      };
      const auto eight = hn::Add(hn::Add(pair(0), pair(2)), hn::Add(pair(4), pair(6)));
      store(d, hn::Add(load(d, sum + i, lanes), eight), sum + i, lanes);
    });
  }
  for (; r < rows; ++r) {
    const T* row = x + r * stride;
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      store(d, hn::Add(load(d, sum + i, lanes), load(d, row + i, lanes)), sum + i, lanes);
    });
  }
}

template <typename From, typename To>
HWY_ATTR void convert_array(const From* x, To* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  for_vectors(d, n,
              [&](std::int64_t i, auto lanes) HWY_ATTR { store(d, load(d, x + i, lanes), y + i, lanes); });
}

template <typename T>
ElementwiseKernels<T> kernels() {
  return {&add_arrays<T>,           &multiply_arrays<T>,         &scale_array<T>,
          &add_bias_rows<T, float>, &add_bias_rows<T, bfloat16>, &sum_columns<T>,
          &convert_array<float, T>, &convert_array<T, float>};
}
ElementwiseKernels<float> float_kernels() { return kernels<float>(); }
ElementwiseKernels<bfloat16> bfloat16_kernels() { return kernels<bfloat16>(); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_kernels);
HWY_EXPORT(bfloat16_kernels);

template <typename T>
const ElementwiseKernels<T>& chosen() {
  static const ElementwiseKernels<T> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    if constexpr (std::is_same_v<T, float>) {
      return HWY_DYNAMIC_DISPATCH(float_kernels)();
    } else {
      return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
    }
  }();
  return kernels;
}

constexpr std::int64_t grain = 1 << 15;  // elements; one operation each, so a thread needs many to pay

}  // namespace

template <typename T>
void add(const T* a, const T* b, T* y, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().add(a + begin, b + begin, y + begin, end - begin);
  });
}

template <typename T>
void multiply(const T* a, const T* b, T* y, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().multiply(a + begin, b + begin, y + begin, end - begin);
  });
}

template <typename T>
void scale(const T* x, float factor, T* y, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().scale(x + begin, factor, y + begin, end - begin);
  });
}

template <typename T, typename B>
void add_bias(const T* x, const B* bias, T* y, std::int64_t rows, std::int64_t columns) {
  parallel_for(rows, 4 * rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * columns;
    if constexpr (std::is_same_v<B, float>) {
      chosen<T>().add_float_bias(x + first, bias, y + first, end - begin, columns);
    } else {
      chosen<T>().add_bfloat16_bias(x + first, bias, y + first, end - begin, columns);
    }
  });
}

template <typename T>
void column_sum(const T* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* sum,
                bool accumulate) {
  // Threads share columns, not rows: the order of every sum stays that of the rows.
  const std::int64_t columns_each = std::max<std::int64_t>(64, grain / std::max<std::int64_t>(1, rows));
  parallel_for(columns, columns_each, [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().column_sum(x + begin, rows, end - begin, stride, sum + begin, accumulate);
  });
}

void convert(const float* x, bfloat16* y, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    chosen<bfloat16>().from_float(x + begin, y + begin, end - begin);
  });
}

void convert(const bfloat16* x, float* y, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    chosen<bfloat16>().to_float(x + begin, y + begin, end - begin);
  });
}

template decltype(add<float>) add<float>;
template decltype(add<bfloat16>) add<bfloat16>;
template decltype(multiply<float>) multiply<float>;
template decltype(multiply<bfloat16>) multiply<bfloat16>;
template decltype(scale<float>) scale<float>;
template decltype(scale<bfloat16>) scale<bfloat16>;
template decltype(add_bias<float, float>) add_bias<float, float>;
template decltype(add_bias<float, bfloat16>) add_bias<float, bfloat16>;
template decltype(add_bias<bfloat16, float>) add_bias<bfloat16, float>;
template decltype(add_bias<bfloat16, bfloat16>) add_bias<bfloat16, bfloat16>;
template decltype(column_sum<float>) column_sum<float>;
template decltype(column_sum<bfloat16>) column_sum<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
