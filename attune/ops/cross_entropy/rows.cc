#include "attune/ops/cross_entropy/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/cross_entropy/rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_OPS_CROSS_ENTROPY_KERNELS
#define ATTUNE_OPS_CROSS_ENTROPY_KERNELS
namespace attune::cpu {

template <typename Real>
struct RowSums {
  Real max;    // of z
  Real sum;    // of exp(z - max)
  Real total;  // of z - max; only when asked for
};

template <typename Real>
struct RowGradient {
  Real log_sum_exp, factor, spread;  // factor (exp(z - log_sum_exp) - spread)
};

// What one instruction set provides: passes over one row z of n logits of type T.
template <typename T, typename G>
struct CrossEntropyKernels {
  RowSums<float> (*sums)(const T* z, std::int64_t n, bool want_total);
  void (*gradient)(const T* z, std::int64_t n, const RowGradient<float>& of, G* g);  // g may lie over z
};

}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

template <typename T>
HWY_ATTR RowSums<float> row_sums(const T* z, std::int64_t n, bool want_total) {
  const hn::ScalableTag<float> d;
  const auto lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto most = lowest;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    most = hn::Max(most, fill_missing(d, load(d, z + i, lanes), lowest, lanes));
  });
  const auto max = hn::MaxOfLanes(d, most);
  RowSums<float> result{hn::GetLane(max), 0, 0};
  result.sum = sum_of(
      d, n, [&](std::int64_t i, auto lanes) HWY_ATTR { return exp(d, hn::Sub(load(d, z + i, lanes), max)); });
  if (want_total) {
    result.total = sum_of(
        d, n, [&](std::int64_t i, auto lanes) HWY_ATTR { return hn::Sub(load(d, z + i, lanes), max); });
  }
  return result;
}

template <typename T, typename G>
HWY_ATTR void row_gradient(const T* z, std::int64_t n, const RowGradient<float>& of, G* g) {
  const hn::ScalableTag<float> d;
  const auto shift = hn::Set(d, of.log_sum_exp);
  const auto factor = hn::Set(d, of.factor);
  const auto spread = hn::Set(d, of.spread);
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto p = exp(d, hn::Sub(load(d, z + i, lanes), shift));
    store(d, hn::Mul(hn::Sub(p, spread), factor), g + i, lanes);
  });
}

CrossEntropyKernels<float, float> float_kernels() { return {&row_sums<float>, &row_gradient<float, float>}; }
CrossEntropyKernels<float, bfloat16> mixed_kernels() {
  return {&row_sums<float>, &row_gradient<float, bfloat16>};
}
CrossEntropyKernels<bfloat16, bfloat16> bfloat16_kernels() {
  return {&row_sums<bfloat16>, &row_gradient<bfloat16, bfloat16>};
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_kernels);
HWY_EXPORT(mixed_kernels);
HWY_EXPORT(bfloat16_kernels);

template <typename T, typename G>
const CrossEntropyKernels<T, G>& chosen() {
  static const CrossEntropyKernels<T, G> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    if constexpr (std::is_same_v<T, bfloat16>) {
      return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
    } else if constexpr (std::is_same_v<G, bfloat16>) {
      return HWY_DYNAMIC_DISPATCH(mixed_kernels)();
    } else {
      return HWY_DYNAMIC_DISPATCH(float_kernels)();
    }
  }();
  return kernels;
}

RowSums<double> row_sums_float64(const double* z, std::int64_t n, bool want_total) {
  RowSums<double> result{*std::max_element(z, z + n), 0, 0};
  for (std::int64_t i = 0; i < n; ++i) result.sum += std::exp(z[i] - result.max);
  for (std::int64_t i = 0; want_total && i < n; ++i) result.total += z[i] - result.max;
  return result;
}

// A row's loss; sets `log_sum_exp`.
template <typename T, typename Real>
Real row_loss(const LossRows& of, const T* z, std::int64_t target, Real& log_sum_exp) {
  const RowSums<Real> sums = [&] {
    if constexpr (std::is_same_v<Real, double>) {
      return row_sums_float64(z, of.columns, of.smoothing > 0);
    } else {
      return chosen<T, T>().sums(z, of.columns, of.smoothing > 0);
    }
  }();
  const Real log_sum = std::log(sums.sum);
  log_sum_exp = sums.max + log_sum;
  const auto smoothing = static_cast<Real>(of.smoothing);
  return log_sum - (1 - smoothing) * (static_cast<Real>(z[target]) - sums.max) -
         smoothing / static_cast<Real>(of.columns) * sums.total;
}

// A row's gradient; g may lie over z.
template <typename T, typename Real, typename G>
void row_gradient(const LossRows& of, const T* z, std::int64_t target, Real log_sum_exp, Real factor, G* g) {
  const auto smoothing = static_cast<Real>(of.smoothing);
  const RowGradient<Real> terms{log_sum_exp, factor, smoothing / static_cast<Real>(of.columns)};
  const Real p = std::exp(static_cast<Real>(z[target]) - log_sum_exp);
  if constexpr (std::is_same_v<Real, double>) {
    for (std::int64_t i = 0; i < of.columns; ++i)
      g[i] = factor * (std::exp(z[i] - log_sum_exp) - terms.spread);
  } else {
    chosen<T, G>().gradient(z, of.columns, terms, g);
  }
  g[target] = static_cast<G>(factor * (p - terms.spread - (1 - smoothing)));
}

// Calls body(r, target), or ignored(r), for every row.
template <typename Body, typename Ignored>
void for_rows(const LossRows& of, Body body, Ignored ignored) {
  parallel_for(of.rows, rows_grain(of.columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      of.targets[r] == of.ignore_index ? ignored(r) : body(r, of.targets[r]);
    }
  });
}

}  // namespace

std::int64_t count_targets(const LossRows& of) {
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < of.rows; ++r) {
    const std::int64_t target = of.targets[r];
    if (target == of.ignore_index) continue;
    check(target >= 0 && target < of.columns,
          "cross_entropy: target {} at position {} is out of range for {} classes (ignored targets are {})",
          target, r, of.columns, of.ignore_index);
    ++count;
  }
  return count;
}

template <typename T, typename Real>
void cross_entropy_rows(const LossRows& of, const T* logits, Real* losses, Real* log_sum_exp) {
  for_rows(
      of,
      [&](std::int64_t r, std::int64_t target) {
        Real unused;
        losses[r] =
            row_loss(of, logits + r * of.columns, target, log_sum_exp != nullptr ? log_sum_exp[r] : unused);
      },
      [&](std::int64_t r) { losses[r] = 0; });
}

template <typename T, typename Real>
void cross_entropy_gradient_rows(const LossRows& of, const T* logits, const Real* log_sum_exp, Real factor,
                                 T* gradient) {
  for_rows(
      of,
      [&](std::int64_t r, std::int64_t target) {
        row_gradient(of, logits + r * of.columns, target, log_sum_exp[r], factor, gradient + r * of.columns);
      },
      [&](std::int64_t r) { std::fill_n(gradient + r * of.columns, of.columns, T{}); });
}

template <typename Real, typename G>
void cross_entropy_rows_in_place(const LossRows& of, Real* logits, Real factor, Real* losses) {
  const auto over = [&](std::int64_t r) { return reinterpret_cast<G*>(logits + r * of.columns); };
  for_rows(
      of,
      [&](std::int64_t r, std::int64_t target) {
        const Real* z = logits + r * of.columns;
        Real log_sum_exp;
        losses[r] = row_loss(of, z, target, log_sum_exp);
        row_gradient(of, z, target, log_sum_exp, factor, over(r));
      },
      [&](std::int64_t r) {
        losses[r] = 0;
        std::fill_n(over(r), of.columns, G{});
      });
}

template <typename Real>
double mean_loss(const Real* losses, std::int64_t rows, std::int64_t count) {
  double sum = 0;
  for (std::int64_t r = 0; r < rows; ++r) sum += static_cast<double>(losses[r]);
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

template void cross_entropy_rows(const LossRows&, const float*, float*, float*);
template void cross_entropy_rows(const LossRows&, const bfloat16*, float*, float*);
template void cross_entropy_rows(const LossRows&, const double*, double*, double*);
template void cross_entropy_gradient_rows(const LossRows&, const float*, const float*, float, float*);
template void cross_entropy_gradient_rows(const LossRows&, const bfloat16*, const float*, float, bfloat16*);
template void cross_entropy_gradient_rows(const LossRows&, const double*, const double*, double, double*);
template void cross_entropy_rows_in_place<float, float>(const LossRows&, float*, float, float*);
template void cross_entropy_rows_in_place<float, bfloat16>(const LossRows&, float*, float, float*);
template void cross_entropy_rows_in_place<double, double>(const LossRows&, double*, double, double*);
template double mean_loss(const float*, std::int64_t, std::int64_t);
template double mean_loss(const double*, std::int64_t, std::int64_t);

}  // namespace attune::cpu
#endif  // HWY_ONCE
