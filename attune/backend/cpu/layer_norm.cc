#include "attune/backend/cpu/layer_norm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "attune/backend/cpu/scratch.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/layer_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_LAYER_NORM_KERNELS
#define ATTUNE_BACKEND_CPU_LAYER_NORM_KERNELS
namespace attune::cpu {
// What one instruction set provides, on one thread. The backward kernel adds to dweight and dbias, which may
// be null.
template <typename X, typename Y>
struct LayerNormKernels {
  decltype(&layer_norm<X, Y>) forward;
  void (*add_row)(const X* x, const Y* branch, X* sum, std::int64_t columns);
  void (*backward)(const Y* dy, const X* x, const float* weight, const float* mean, const float* rstd,
                   const X* residual, X* dx, bfloat16* rounded, float* dweight, float* dbias,
                   std::int64_t rows, std::int64_t columns);
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

template <typename X, typename Y>
HWY_ATTR void forward_row(const X* x, const float* weight, const float* bias, Y* y, float* mean, float* rstd,
                          std::int64_t columns, float epsilon) {
  const hn::ScalableTag<float> d;
  const auto n = static_cast<float>(columns);
  *mean = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR { return load(d, x + i, lanes); }) / n;
  const auto centre = hn::Set(d, *mean);
  const float squares = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto centred = hn::Sub(load(d, x + i, lanes), centre);
    return hn::Mul(centred, centred);
  });
  *rstd = 1.0f / std::sqrt(squares / n + epsilon);
  const auto scale = hn::Set(d, *rstd);
  for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto normal = hn::Mul(hn::Sub(load(d, x + i, lanes), centre), scale);
    const auto shift = bias != nullptr ? load(d, bias + i, lanes) : hn::Zero(d);
    store(d, hn::MulAdd(normal, load(d, weight + i, lanes), shift), y + i, lanes);
  });
}

template <typename X, typename Y>
HWY_ATTR void forward_rows(const X* x, const float* weight, const float* bias, Y* y, float* mean, float* rstd,
                           std::int64_t rows, std::int64_t columns, float epsilon) {
  for (std::int64_t r = 0; r < rows; ++r) {
    forward_row(x + r * columns, weight, bias, y + r * columns, mean + r, rstd + r, columns, epsilon);
  }
}

template <typename X, typename Branch>
HWY_ATTR void add_one_row(const X* x, const Branch* branch, X* sum, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Add(load(d, x + i, lanes), load(d, branch + i, lanes)), sum + i, lanes);
  });
}

template <class D>
HWY_INLINE void add_to(D d, hn::Vec<D> v, float* sum, auto lanes) {
  store(d, hn::Add(load(d, sum, lanes), v), sum, lanes);
}

template <typename X, typename Y>
HWY_ATTR void backward_rows(const Y* dy, const X* x, const float* weight, const float* mean,
                            const float* rstd, const X* residual, X* dx, bfloat16* rounded, float* dweight,
                            float* dbias, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<float> d;
  const auto n = static_cast<float>(columns);
  for (std::int64_t r = 0; r < rows; ++r, dy += columns, x += columns, dx += columns) {
    const auto centre = hn::Set(d, mean[r]);
    const auto scale = hn::Set(d, rstd[r]);
    const auto gradient = [&](std::int64_t i, auto lanes) HWY_ATTR {
      return hn::Mul(load(d, dy + i, lanes), load(d, weight + i, lanes));
    };
    const auto normal = [&](std::int64_t i, auto lanes)
                            HWY_ATTR { return hn::Mul(hn::Sub(load(d, x + i, lanes), centre), scale); };
    const auto mean_g = hn::Set(d, sum_of(d, columns, gradient) / n);
    const float dot = sum_of(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      return hn::Mul(gradient(i, lanes), normal(i, lanes));
    });
    const auto mean_gx = hn::Set(d, dot / n);
    const X* passing = residual != nullptr ? residual + r * columns : nullptr;
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto out = load(d, dy + i, lanes);
      const auto xn = normal(i, lanes);
      const auto centred = hn::NegMulAdd(xn, mean_gx, hn::Sub(gradient(i, lanes), mean_g));
      const auto rest = passing != nullptr ? load(d, passing + i, lanes) : hn::Zero(d);
      const auto result = hn::MulAdd(centred, scale, rest);
      if (dweight != nullptr) add_to(d, hn::Mul(out, xn), dweight + i, lanes);
      if (dbias != nullptr) add_to(d, out, dbias + i, lanes);
      if (rounded != nullptr) store(d, result, rounded + r * columns + i, lanes);
      store(d, result, dx + i, lanes);
    });
  }
}

template <typename X, typename Y>
LayerNormKernels<X, Y> kernels() {
  return {&forward_rows<X, Y>, &add_one_row<X, Y>, &backward_rows<X, Y>};
}
LayerNormKernels<float, float> float_float() { return kernels<float, float>(); }
LayerNormKernels<float, bfloat16> float_bfloat16() { return kernels<float, bfloat16>(); }
LayerNormKernels<bfloat16, float> bfloat16_float() { return kernels<bfloat16, float>(); }
LayerNormKernels<bfloat16, bfloat16> bfloat16_bfloat16() { return kernels<bfloat16, bfloat16>(); }

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
const LayerNormKernels<X, Y>& chosen() {
  static const LayerNormKernels<X, Y> kernels = [] {
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

// Adds `blocks` rows of partial sums, in order, to what is there or to zero.
void reduce_blocks(const float* partial, std::int64_t blocks, std::int64_t stride, std::int64_t columns,
                   const ParameterGradient& gradient) {
  float* sum = gradient.memory;
  if (sum == nullptr) return;
  if (!gradient.accumulate) std::fill_n(sum, columns, 0.0f);
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t i = 0; i < columns; ++i) sum[i] += partial[b * stride + i];
  }
}

}  // namespace

template <typename X, typename Y>
void layer_norm(const X* x, const float* weight, const float* bias, Y* y, float* mean, float* rstd,
                std::int64_t rows, std::int64_t columns, float epsilon) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<X, Y>().forward(x + begin * columns, weight, bias, y + begin * columns, mean + begin, rstd + begin,
                           end - begin, columns, epsilon);
  });
}

template <typename X, typename Branch, typename Y>
void add_layer_norm(const X* x, const Branch* branch, const float* weight, const float* bias, X* sum, Y* y,
                    float* mean, float* rstd, std::int64_t rows, std::int64_t columns, float epsilon) {
  const auto add_row = chosen<X, Branch>().add_row;
  const auto forward = chosen<X, Y>().forward;
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t first = r * columns;
      add_row(x + first, branch + first, sum + first, columns);
      forward(sum + first, weight, bias, y + first, mean + r, rstd + r, 1, columns, epsilon);
    }
  });
}

template <typename X, typename Y>
void layer_norm_backward(const Y* dy, const X* x, const float* weight, const float* mean, const float* rstd,
                         const X* residual, X* dx, bfloat16* rounded, const ParameterGradient& dweight,
                         const ParameterGradient& dbias, std::int64_t rows, std::int64_t columns) {
  // Blocks of rows, each with partial sums of its own, that do not depend on the number of threads.
  const std::int64_t block_rows = std::max<std::int64_t>(8, (rows + 63) / 64);
  const std::int64_t blocks = (rows + block_rows - 1) / block_rows;
  float* partial = scratch(std::max<std::int64_t>(blocks, 1) * 2 * columns);  // some even for no rows
  std::fill_n(partial, blocks * 2 * columns, 0.0f);
  parallel_for(blocks, rows_grain(block_rows * columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t row = b * block_rows, first = row * columns;
      float* sums = partial + b * 2 * columns;
      chosen<X, Y>().backward(
          dy + first, x + first, weight, mean + row, rstd + row,
          residual != nullptr ? residual + first : nullptr, dx + first,
          rounded != nullptr ? rounded + first : nullptr, dweight.memory != nullptr ? sums : nullptr,
          dbias.memory != nullptr ? sums + columns : nullptr, std::min(block_rows, rows - row), columns);
    }
  });
  reduce_blocks(partial, blocks, 2 * columns, columns, dweight);
  reduce_blocks(partial + columns, blocks, 2 * columns, columns, dbias);
}

template decltype(layer_norm<float, float>) layer_norm<float, float>;
template decltype(layer_norm<float, bfloat16>) layer_norm<float, bfloat16>;
template decltype(layer_norm<bfloat16, float>) layer_norm<bfloat16, float>;
template decltype(layer_norm<bfloat16, bfloat16>) layer_norm<bfloat16, bfloat16>;
template decltype(add_layer_norm<float, float, float>) add_layer_norm<float, float, float>;
template decltype(add_layer_norm<float, float, bfloat16>) add_layer_norm<float, float, bfloat16>;
template decltype(add_layer_norm<float, bfloat16, float>) add_layer_norm<float, bfloat16, float>;
template decltype(add_layer_norm<float, bfloat16, bfloat16>) add_layer_norm<float, bfloat16, bfloat16>;
template decltype(add_layer_norm<bfloat16, bfloat16, float>) add_layer_norm<bfloat16, bfloat16, float>;
template decltype(add_layer_norm<bfloat16, bfloat16, bfloat16>) add_layer_norm<bfloat16, bfloat16, bfloat16>;
template decltype(layer_norm_backward<float, float>) layer_norm_backward<float, float>;
template decltype(layer_norm_backward<float, bfloat16>) layer_norm_backward<float, bfloat16>;
template decltype(layer_norm_backward<bfloat16, float>) layer_norm_backward<bfloat16, float>;
template decltype(layer_norm_backward<bfloat16, bfloat16>) layer_norm_backward<bfloat16, bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
