#include "attune/backend/cpu/optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/optimizer.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_OPTIMIZER_COEFFICIENTS
#define ATTUNE_BACKEND_CPU_OPTIMIZER_COEFFICIENTS
namespace attune::cpu {
// What the options come to at one step.
struct AdamCoefficients {
  float shrink;               // p is multiplied by this: decoupled decay
  float decay;                // times p, added to the gradient
  float beta2, rate1, rate2;  // rate = 1 - beta
  float step_size;            // learning_rate / (1 - beta1^step)
  float v_scale;              // 1 / sqrt(1 - beta2^step)
  float epsilon;
};
struct SgdCoefficients {
  float learning_rate, momentum, decay;
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

// Stores the new value of the parameters from i on, and its copy.
template <class D, class Lanes>
HWY_INLINE void store_parameter(D d, hn::Vec<D> p, const ParameterRange& range, std::int64_t i, Lanes lanes) {
  store(d, p, range.parameter + i, lanes);
  if (range.copy != nullptr) store(d, p, range.copy + i, lanes);
}

template <class D, class Lanes>
HWY_INLINE hn::Vec<D> load_gradient(D d, const ParameterRange& range, hn::Vec<D> p, float decay,
                                    std::int64_t i, Lanes lanes) {
  const auto scaled = hn::Mul(load(d, range.gradient + i, lanes), hn::Set(d, range.gradient_scale));
  return hn::MulAdd(p, hn::Set(d, decay), scaled);
}

void adam(const AdamCoefficients& c, const ParameterRange& range, float* first, float* second) {
  const hn::ScalableTag<float> d;
  for_vectors(d, range.n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    auto p = load(d, range.parameter + i, lanes);
    const auto g = load_gradient(d, range, p, c.decay, i, lanes);
    auto m = load(d, first + i, lanes);
    auto v = load(d, second + i, lanes);
    m = hn::MulAdd(hn::Sub(g, m), hn::Set(d, c.rate1), m);
    v = hn::MulAdd(hn::Mul(g, g), hn::Set(d, c.rate2), hn::Mul(v, hn::Set(d, c.beta2)));
    const auto denominator = hn::MulAdd(hn::Sqrt(v), hn::Set(d, c.v_scale), hn::Set(d, c.epsilon));
    p = hn::NegMulAdd(hn::Div(m, denominator), hn::Set(d, c.step_size), hn::Mul(p, hn::Set(d, c.shrink)));
    store(d, m, first + i, lanes);
    store(d, v, second + i, lanes);
    store_parameter(d, p, range, i, lanes);
  });
}

void sgd(const SgdCoefficients& c, const ParameterRange& range, float* velocity) {
  const hn::ScalableTag<float> d;
  for_vectors(d, range.n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    const auto p = load(d, range.parameter + i, lanes);
    auto change = load_gradient(d, range, p, c.decay, i, lanes);
    if (velocity != nullptr) {
      change = hn::MulAdd(load(d, velocity + i, lanes), hn::Set(d, c.momentum), change);
      store(d, change, velocity + i, lanes);
    }
    store_parameter(d, hn::NegMulAdd(change, hn::Set(d, c.learning_rate), p), range, i, lanes);
  });
}

// Four running sums, each over its own quarter: four streams from memory.
double squares(const float* x, std::int64_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t quarter = n / 4 / width * width;
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  const auto add_square = [&](auto sum, std::int64_t i, auto lanes) HWY_ATTR {
    const auto v = hn::PromoteTo(d, load(df, x + i, lanes));
    return hn::MulAdd(v, v, sum);
  };
  for (std::int64_t i = 0; i < quarter; i += width) {
    s0 = add_square(s0, i, AllLanes{});
    s1 = add_square(s1, quarter + i, AllLanes{});
    s2 = add_square(s2, 2 * quarter + i, AllLanes{});
    s3 = add_square(s3, 3 * quarter + i, AllLanes{});
  }
  for_vectors(df, n - 4 * quarter,
              [&](std::int64_t i, auto lanes) HWY_ATTR { s0 = add_square(s0, 4 * quarter + i, lanes); });
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(adam);
HWY_EXPORT(sgd);
HWY_EXPORT(squares);

constexpr std::int64_t grain = 1 << 14;  // parameters

ParameterRange part_of(const ParameterRange& range, std::int64_t begin, std::int64_t end) {
  return {range.parameter + begin, range.gradient + begin,
          range.copy != nullptr ? range.copy + begin : nullptr, end - begin, range.gradient_scale};
}

}  // namespace

void adam_step(const AdamOptions& options, const ParameterRange& range, float* m, float* v) {
  const double steps = static_cast<double>(options.step);
  const double correction1 = 1 - std::pow(options.beta1, steps),
               correction2 = 1 - std::pow(options.beta2, steps);
  const bool decoupled = options.decoupled_decay;
  const AdamCoefficients c{
      .shrink = static_cast<float>(decoupled ? 1 - options.learning_rate * options.weight_decay : 1),
      .decay = static_cast<float>(decoupled ? 0 : options.weight_decay),
      .beta2 = static_cast<float>(options.beta2),
      .rate1 = static_cast<float>(1 - options.beta1),
      .rate2 = static_cast<float>(1 - options.beta2),
      .step_size = static_cast<float>(options.learning_rate / correction1),
      .v_scale = static_cast<float>(1 / std::sqrt(correction2)),
      .epsilon = static_cast<float>(options.epsilon)};
  isa();  // may cap Highway's choice, so it comes first
  parallel_for(range.n, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(adam)(c, part_of(range, begin, end), m + begin, v + begin);
  });
}

void sgd_step(const SgdOptions& options, const ParameterRange& range, float* velocity) {
  const SgdCoefficients c{.learning_rate = static_cast<float>(options.learning_rate),
                          .momentum = static_cast<float>(options.momentum),
                          .decay = static_cast<float>(options.weight_decay)};
  isa();  // may cap Highway's choice, so it comes first
  parallel_for(range.n, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(sgd)
    (c, part_of(range, begin, end), velocity != nullptr ? velocity + begin : nullptr);
  });
}

double sum_of_squares(const float* x, std::int64_t n) {
  constexpr std::int64_t block = 1 << 16;  // elements with a sum of their own
  const std::int64_t blocks = (n + block - 1) / block;
  thread_local std::vector<double> sums;
  sums.assign(static_cast<std::size_t>(blocks), 0.0);
  double* sum = sums.data();
  isa();  // may cap Highway's choice, so it comes first
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      sum[b] = HWY_DYNAMIC_DISPATCH(squares)(x + b * block, std::min(block, n - b * block));
    }
  });
  double total = 0;
  for (std::int64_t b = 0; b < blocks; ++b) total += sum[b];
  return total;
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
