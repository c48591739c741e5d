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
template <typename T, typename W>
struct LayerNormKernels {
  decltype(&layer_norm<T, W>) forward;
  decltype(&add_layer_norm<T, W>) add_forward;
  void (*backward)(const T* dy, const T* x, const W* weight, const float* mean, const float* rstd,
                   const T* residual, T* dx, float* dweight, float* dbias, std::int64_t rows,
                   std::int64_t columns);
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

template <typename T, typename W>
HWY_ATTR void forward_row(const T* x, const W* weight, const W* bias, T* y, float* mean, float* rstd,
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

template <typename T, typename W>
HWY_ATTR void forward_rows(const T* x, const W* weight, const W* bias, T* y, float* mean, float* rstd,
                           std::int64_t rows, std::int64_t columns, float epsilon) {
  for (std::int64_t r = 0; r < rows; ++r) {
    forward_row(x + r * columns, weight, bias, y + r * columns, mean + r, rstd + r, columns, epsilon);
  }
}

template <typename T, typename W>
HWY_ATTR void add_forward_rows(const T* x, const T* residual, const W* weight, const W* bias, T* sum, T* y,
                               float* mean, float* rstd, std::int64_t rows, std::int64_t columns,
                               float epsilon) {
  const hn::ScalableTag<float> d;
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t first = r * columns;
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto v = hn::Add(load(d, x + first + i, lanes), load(d, residual + first + i, lanes));
      store(d, v, sum + first + i, lanes);
    });
    forward_row(sum + first, weight, bias, y + first, mean + r, rstd + r, columns, epsilon);
  }
}

template <class D>
HWY_INLINE void add_to(D d, hn::Vec<D> v, float* sum, auto lanes) {
  store(d, hn::Add(load(d, sum, lanes), v), sum, lanes);
}

template <typename T, typename W>
HWY_ATTR void backward_rows(const T* dy, const T* x, const W* weight, const float* mean, const float* rstd,
                            const T* residual, T* dx, float* dweight, float* dbias, std::int64_t rows,
                            std::int64_t columns) {
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
    const T* passing = residual != nullptr ? residual + r * columns : nullptr;
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto out = load(d, dy + i, lanes);
      const auto xn = normal(i, lanes);
      const auto centred = hn::NegMulAdd(xn, mean_gx, hn::Sub(gradient(i, lanes), mean_g));
      const auto rest = passing != nullptr ? load(d, passing + i, lanes) : hn::Zero(d);
      if (dweight != nullptr) add_to(d, hn::Mul(out, xn), dweight + i, lanes);
      if (dbias != nullptr) add_to(d, out, dbias + i, lanes);
      store(d, hn::MulAdd(centred, scale, rest), dx + i, lanes);
    });
  }
}

template <typename T, typename W>
LayerNormKernels<T, W> kernels() {
  return {&forward_rows<T, W>, &add_forward_rows<T, W>, &backward_rows<T, W>};
}
LayerNormKernels<float, float> float_float() { return kernels<float, float>(); }
LayerNormKernels<float, bfloat16> float_bfloat16() { return kernels<float, bfloat16>(); }
LayerNormKernels<bfloat16, float> bfloat16_float() { return kernels<bfloat16, float>(); }
LayerNormKernels<bfloat16, bfloat16> bfloat16_bfloat16() { return kernels<bfloat16, bfloat16>(); }

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

template <typename T, typename W>
const LayerNormKernels<T, W>& chosen() {
  static const LayerNormKernels<T, W> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    constexpr bool float_rows = std::is_same_v<T, float>, float_weight = std::is_same_v<W, float>;
    if constexpr (float_rows && float_weight) {
      return HWY_DYNAMIC_DISPATCH(float_float)();
    } else if constexpr (float_rows) {
      return HWY_DYNAMIC_DISPATCH(float_bfloat16)();
    } else if constexpr (float_weight) {
      return HWY_DYNAMIC_DISPATCH(bfloat16_float)();
    } else {
      return HWY_DYNAMIC_DISPATCH(bfloat16_bfloat16)();
    }
  }();
  return kernels;
}

// Adds `blocks` rows of partial sums, in order, to sum or to zero.
void reduce_blocks(const float* partial, std::int64_t blocks, std::int64_t stride, std::int64_t columns,
                   bool accumulate, float* sum) {
  if (sum == nullptr) return;
  if (!accumulate) std::fill_n(sum, columns, 0.0f);
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t i = 0; i < columns; ++i) sum[i] += partial[b * stride + i];
  }
}

}  // namespace

template <typename T, typename W>
void layer_norm(const T* x, const W* weight, const W* bias, T* y, float* mean, float* rstd, std::int64_t rows,
                std::int64_t columns, float epsilon) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    chosen<T, W>().forward(x + begin * columns, weight, bias, y + begin * columns, mean + begin, rstd + begin,
                           end - begin, columns, epsilon);
  });
}

template <typename T, typename W>
void add_layer_norm(const T* x, const T* residual, const W* weight, const W* bias, T* sum, T* y, float* mean,
                    float* rstd, std::int64_t rows, std::int64_t columns, float epsilon) {
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * columns;
    chosen<T, W>().add_forward(x + first, residual + first, weight, bias, sum + first, y + first,
                               mean + begin, rstd + begin, end - begin, columns, epsilon);
  });
}

template <typename T, typename W>
void layer_norm_backward(const T* dy, const T* x, const W* weight, const float* mean, const float* rstd,
                         const T* residual, T* dx, const LayerNormGradients& gradients, std::int64_t rows,
                         std::int64_t columns) {
  // Blocks of rows, each with partial sums of its own, that do not depend on the number of threads.
  const std::int64_t block_rows = std::max<std::int64_t>(8, (rows + 63) / 64);
  const std::int64_t blocks = (rows + block_rows - 1) / block_rows;
  float* partial = scratch(blocks * 2 * columns);
  std::fill_n(partial, blocks * 2 * columns, 0.0f);
  parallel_for(blocks, rows_grain(block_rows * columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t row = b * block_rows, first = row * columns;
      float* sums = partial + b * 2 * columns;
      chosen<T, W>().backward(dy + first, x + first, weight, mean + row, rstd + row,
                              residual != nullptr ? residual + first : nullptr, dx + first,
                              gradients.weight != nullptr ? sums : nullptr,
                              gradients.bias != nullptr ? sums + columns : nullptr,
                              std::min(block_rows, rows - row), columns);
    }
  });
  reduce_blocks(partial, blocks, 2 * columns, columns, gradients.accumulate, gradients.weight);
  reduce_blocks(partial + columns, blocks, 2 * columns, columns, gradients.accumulate, gradients.bias);
}

template decltype(layer_norm<float, float>) layer_norm<float, float>;
template decltype(layer_norm<float, bfloat16>) layer_norm<float, bfloat16>;
template decltype(layer_norm<bfloat16, float>) layer_norm<bfloat16, float>;
template decltype(layer_norm<bfloat16, bfloat16>) layer_norm<bfloat16, bfloat16>;
template decltype(add_layer_norm<float, float>) add_layer_norm<float, float>;
template decltype(add_layer_norm<float, bfloat16>) add_layer_norm<float, bfloat16>;
template decltype(add_layer_norm<bfloat16, float>) add_layer_norm<bfloat16, float>;
template decltype(add_layer_norm<bfloat16, bfloat16>) add_layer_norm<bfloat16, bfloat16>;
template decltype(layer_norm_backward<float, float>) layer_norm_backward<float, float>;
template decltype(layer_norm_backward<float, bfloat16>) layer_norm_backward<float, bfloat16>;
template decltype(layer_norm_backward<bfloat16, float>) layer_norm_backward<bfloat16, float>;
template decltype(layer_norm_backward<bfloat16, bfloat16>) layer_norm_backward<bfloat16, bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
