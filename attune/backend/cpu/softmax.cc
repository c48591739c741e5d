#include "attune/backend/cpu/softmax.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/softmax.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_SOFTMAX_KERNELS
#define ATTUNE_BACKEND_CPU_SOFTMAX_KERNELS
namespace attune::cpu {
// What one instruction set provides: the functions of the header, on one thread.
template <typename T>
struct SoftmaxKernels {
  decltype(&softmax<T>) forward;
  decltype(&softmax_backward<T>) backward;
  decltype(&log_sum_exp<T>) reduce;
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

template <class D, typename T>
HWY_INLINE float scaled_max(D d, const T* x, std::int64_t n, float scale) {
  const auto lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  const auto factor = hn::Set(d, scale);
  auto most = lowest;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto v = hn::Mul(load(d, x + i, lanes), factor);
    most = hn::Max(most, fill_missing(d, v, lowest, lanes));
  });
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

template <typename T>
HWY_ATTR void softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t columns, float scale) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, scale);
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const auto most = hn::Set(d, scaled_max(d, x, columns, scale));
    const auto exp_at = [&](std::int64_t i, auto lanes)
                            HWY_ATTR { return exp(d, hn::MulSub(load(d, x + i, lanes), factor, most)); };
    // bfloat16 would round the exponentials before they are scaled, so there they are computed again.
    constexpr bool keep = std::is_same_v<T, float>;
    const float sum = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto e = exp_at(i, lanes);
      if constexpr (keep) store(d, e, y + i, lanes);
      return e;
    });
    const auto inverse = hn::Set(d, 1.0f / sum);
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      if constexpr (keep) {
        store(d, hn::Mul(load(d, y + i, lanes), inverse), y + i, lanes);
      } else {
        store(d, hn::Mul(exp_at(i, lanes), inverse), y + i, lanes);
      }
    });
  }
}

template <typename T>
HWY_ATTR void softmax_backward_rows(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t columns,
                                    float scale) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, scale);
  for (std::int64_t r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    const auto dot = hn::Set(d, sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
                               return hn::Mul(load(d, y + i, lanes), load(d, dy + i, lanes));
                             }));
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto centred = hn::Sub(load(d, dy + i, lanes), dot);
      store(d, hn::Mul(hn::Mul(load(d, y + i, lanes), factor), centred), dx + i, lanes);
    });
  }
}

template <typename T>
HWY_ATTR void log_sum_exp_rows(const T* x, float* result, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, x += columns) {
    const float most = scaled_max(d, x, columns, 1.0f);
    const auto shift = hn::Set(d, most);
    const float sum = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      return exp(d, hn::Sub(load(d, x + i, lanes), shift));
    });
    result[r] = std::isinf(most) ? most : most + std::log(sum);
  }
}

template <typename T>
SoftmaxKernels<T> kernels() {
  return {&softmax_rows<T>, &softmax_backward_rows<T>, &log_sum_exp_rows<T>};
}
SoftmaxKernels<float> float_kernels() { return kernels<float>(); }
SoftmaxKernels<bfloat16> bfloat16_kernels() { return kernels<bfloat16>(); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_kernels);
HWY_EXPORT(bfloat16_kernels);

template <typename T>
const SoftmaxKernels<T>& chosen() {
  static const SoftmaxKernels<T> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    if constexpr (std::is_same_v<T, float>) {
      return HWY_DYNAMIC_DISPATCH(float_kernels)();
    } else {
      return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
    }
  }();
  return kernels;
}

}  // namespace

template <typename T>
void softmax(const T* x, T* y, std::int64_t rows, std::int64_t columns, float scale) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().forward(x + begin * columns, y + begin * columns, end - begin, columns, scale);
  });
}

template <typename T>
void softmax_backward(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t columns, float scale) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * columns;
    chosen<T>().backward(y + first, dy + first, dx + first, end - begin, columns, scale);
  });
}

template <typename T>
void log_sum_exp(const T* x, float* result, std::int64_t rows, std::int64_t columns) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().reduce(x + begin * columns, result + begin, end - begin, columns);
  });
}

template decltype(softmax<float>) softmax<float>;
template decltype(softmax<bfloat16>) softmax<bfloat16>;
template decltype(softmax_backward<float>) softmax_backward<float>;
template decltype(softmax_backward<bfloat16>) softmax_backward<bfloat16>;
template decltype(log_sum_exp<float>) log_sum_exp<float>;
template decltype(log_sum_exp<bfloat16>) log_sum_exp<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
