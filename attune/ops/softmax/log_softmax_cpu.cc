#include "attune/ops/softmax/log_softmax_cpu.h"

#include <type_traits>
#include <vector>

#include "attune/backend/cpu/softmax.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/softmax/log_softmax_cpu.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

// y = x - shift
template <typename T>
HWY_ATTR void shift_row(const T* x, float shift, T* y, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto s = hn::Set(d, shift);
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Sub(load(d, x + i, lanes), s), y + i, lanes);
  });
}

template <typename T>
HWY_ATTR void backward_row(const T* y, const T* dy, T* dx, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto sum =
      hn::Set(d, sum_of(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR { return load(d, dy + i, lanes); }));
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto p = exp(d, load(d, y + i, lanes));
    store(d, hn::NegMulAdd(p, sum, load(d, dy + i, lanes)), dx + i, lanes);
  });
}

void shift_float(const float* x, float shift, float* y, std::int64_t n) { shift_row(x, shift, y, n); }
void shift_bfloat16(const bfloat16* x, float shift, bfloat16* y, std::int64_t n) {
  shift_row(x, shift, y, n);
}
void backward_float(const float* y, const float* dy, float* dx, std::int64_t n) {
  backward_row(y, dy, dx, n);
}
void backward_bfloat16(const bfloat16* y, const bfloat16* dy, bfloat16* dx, std::int64_t n) {
  backward_row(y, dy, dx, n);
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {
HWY_EXPORT(shift_float);
HWY_EXPORT(shift_bfloat16);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_bfloat16);
}  // namespace

template <typename T>
void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t columns) {
  isa();  // may cap Highway's choice, so it comes first
  std::vector<float> log_sums(static_cast<std::size_t>(rows));
  log_sum_exp(x, log_sums.data(), rows, columns);
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float shift = log_sums[static_cast<std::size_t>(row)];
      const std::int64_t first = row * columns;
      if constexpr (std::is_same_v<T, float>) {
        HWY_DYNAMIC_DISPATCH(shift_float)(x + first, shift, y + first, columns);
      } else {
        HWY_DYNAMIC_DISPATCH(shift_bfloat16)(x + first, shift, y + first, columns);
      }
    }
  });
}

template <typename T>
void log_softmax_backward(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t columns) {
  isa();  // may cap Highway's choice, so it comes first
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin * columns; first < end * columns; first += columns) {
      if constexpr (std::is_same_v<T, float>) {
        HWY_DYNAMIC_DISPATCH(backward_float)(y + first, dy + first, dx + first, columns);
      } else {
        HWY_DYNAMIC_DISPATCH(backward_bfloat16)(y + first, dy + first, dx + first, columns);
      }
    }
  });
}

template decltype(log_softmax<float>) log_softmax<float>;
template decltype(log_softmax<bfloat16>) log_softmax<bfloat16>;
template decltype(log_softmax_backward<float>) log_softmax_backward<float>;
template decltype(log_softmax_backward<bfloat16>) log_softmax_backward<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
