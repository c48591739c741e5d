#include "attune/backend/cpu/rms_norm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "attune/backend/cpu/scratch.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/rms_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_RMS_NORM_KERNELS
#define ATTUNE_BACKEND_CPU_RMS_NORM_KERNELS
namespace attune::cpu {
// What one instruction set provides, on one thread. The backward kernel adds to dweight, which may be null.
template <typename X, typename Y>
struct RmsNormKernels {
  decltype(&rms_norm<X, Y>) forward;
  void (*backward)(const Y* dy, const X* x, const float* weight, const float* rrms, bool accumulate, X* dx,
                   float* dweight, std::int64_t rows, std::int64_t columns);
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

template <typename X, typename Y>
HWY_ATTR void forward_rows(const X* x, const float* weight, Y* y, float* rrms, std::int64_t rows,
                           std::int64_t columns, float epsilon) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float squares = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto value = load(d, x + i, lanes);
      return hn::Mul(value, value);
    });
    rrms[r] = 1.0f / std::sqrt(squares / static_cast<float>(columns) + epsilon);
    const auto scale = hn::Set(d, rrms[r]);
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto normal = hn::Mul(load(d, x + i, lanes), scale);
      store(d, hn::Mul(normal, load(d, weight + i, lanes)), y + i, lanes);
    });
  }
}

template <typename X, typename Y>
HWY_ATTR void backward_rows(const Y* dy, const X* x, const float* weight, const float* rrms, bool accumulate,
                            X* dx, float* dweight, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r, dy += columns, x += columns, dx += columns) {
    const auto scale = hn::Set(d, rrms[r]);
    const auto gradient = [&](std::int64_t i, auto lanes) HWY_ATTR {
      return hn::Mul(load(d, dy + i, lanes), load(d, weight + i, lanes));
    };
    const auto normal = [&](std::int64_t i, auto lanes)
                            HWY_ATTR { return hn::Mul(load(d, x + i, lanes), scale); };
    const float dot = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      return hn::Mul(gradient(i, lanes), normal(i, lanes));
    });
    const auto mean = hn::Set(d, dot / static_cast<float>(columns));
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto xn = normal(i, lanes);
      const auto centred = hn::NegMulAdd(xn, mean, gradient(i, lanes));
      const auto before = accumulate ? load(d, dx + i, lanes) : hn::Zero(d);
      if (dweight != nullptr) {
        const auto part = hn::Mul(load(d, dy + i, lanes), xn);
        store(d, hn::Add(load(d, dweight + i, lanes), part), dweight + i, lanes);
      }
      store(d, hn::MulAdd(centred, scale, before), dx + i, lanes);
    });
  }
}

template <typename X, typename Y>
RmsNormKernels<X, Y> kernels() {
  return {&forward_rows<X, Y>, &backward_rows<X, Y>};
}
RmsNormKernels<float, float> float_float() { return kernels<float, float>(); }
RmsNormKernels<float, bfloat16> float_bfloat16() { return kernels<float, bfloat16>(); }
RmsNormKernels<bfloat16, float> bfloat16_float() { return kernels<bfloat16, float>(); }
RmsNormKernels<bfloat16, bfloat16> bfloat16_bfloat16() { return kernels<bfloat16, bfloat16>(); }

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
const RmsNormKernels<X, Y>& chosen() {
  static const RmsNormKernels<X, Y> kernels = [] {
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

}  // namespace

template <typename X, typename Y>
void rms_norm(const X* x, const float* weight, Y* y, float* rrms, std::int64_t rows, std::int64_t columns,
              float epsilon) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<X, Y>().forward(x + begin * columns, weight, y + begin * columns, rrms + begin, end - begin,
                           columns, epsilon);
  });
}

template <typename X, typename Y>
void rms_norm_backward(const Y* dy, const X* x, const float* weight, const float* rrms, bool accumulate,
                       X* dx, const ParameterGradient& dweight, std::int64_t rows, std::int64_t columns) {
  // Blocks of rows, each with partial sums of its own, that do not depend on the number of threads.
  const std::int64_t block_rows = std::max<std::int64_t>(8, (rows + 63) / 64);
  const std::int64_t blocks = (rows + block_rows - 1) / block_rows;
  float* partial = scratch(std::max<std::int64_t>(blocks, 1) * columns);  // some even for no rows
  std::fill_n(partial, blocks * columns, 0.0f);
  parallel_for(blocks, rows_grain(block_rows * columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t row = b * block_rows, first = row * columns;
      chosen<X, Y>().backward(dy + first, x + first, weight, rrms + row, accumulate, dx + first,
                              dweight.memory != nullptr ? partial + b * columns : nullptr,
                              std::min(block_rows, rows - row), columns);
    }
  });
  if (dweight.memory == nullptr) return;
  if (!dweight.accumulate) std::fill_n(dweight.memory, columns, 0.0f);
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t i = 0; i < columns; ++i) dweight.memory[i] += partial[b * columns + i];
  }
}

template decltype(rms_norm<float, float>) rms_norm<float, float>;
template decltype(rms_norm<float, bfloat16>) rms_norm<float, bfloat16>;
template decltype(rms_norm<bfloat16, float>) rms_norm<bfloat16, float>;
template decltype(rms_norm<bfloat16, bfloat16>) rms_norm<bfloat16, bfloat16>;
template decltype(rms_norm_backward<float, float>) rms_norm_backward<float, float>;
template decltype(rms_norm_backward<float, bfloat16>) rms_norm_backward<float, bfloat16>;
template decltype(rms_norm_backward<bfloat16, float>) rms_norm_backward<bfloat16, float>;
template decltype(rms_norm_backward<bfloat16, bfloat16>) rms_norm_backward<bfloat16, bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
