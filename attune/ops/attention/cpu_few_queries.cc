#include "attune/ops/attention/cpu_few_queries.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/ops/attention/cpu_visibility.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/attention/cpu_few_queries.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/ops/attention/cpu_few_queries-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

// Bias and padding, in place.
HWY_INLINE void adjust_scores(const Visibility& visible, std::int64_t begin, std::int64_t count,
                              const float* bias, std::int64_t bias_stride, float* scores) {
  for (std::int64_t j = 0; bias != nullptr && j < count; ++j) scores[j] += bias[(begin + j) * bias_stride];
  for (std::int64_t j = 0; visible.key_mask != nullptr && j < count; ++j) {
    if (visible.hides(begin + j)) scores[j] = -std::numeric_limits<float>::infinity();
  }
}

// Rows that lie one stride after another.
template <typename T>
struct EvenRows {
  const T* data;
  std::int64_t stride;
  HWY_INLINE const T* at(std::int64_t j) const { return data + j * stride; }
};

// One query of one sequence and head.
template <typename T>
void attend(const AttentionForward<T>& o, std::int64_t b, std::int64_t h, std::int64_t query) {
  const Visibility visible = visibility_of(o.shape, o.settings, b);
  const float* bias = bias_at(o.settings, b, h);
  if (bias != nullptr) bias += query * o.settings.bias_strides.query;
  const EvenRows<T> keys{o.k.row(b, 0, h), o.k.time_stride}, values{o.v.row(b, 0, h), o.v.time_stride};
  const RunningSoftmax softmax = attend_row(
      o.q.row(b, query, h), keys, values, visible.keys_seen(query), o.shape.head_dim, o.settings.scale,
      [&](std::int64_t begin, std::int64_t count, float* scores)
          HWY_ATTR { adjust_scores(visible, begin, count, bias, o.settings.bias_strides.key, scores); },
      o.out.row(b, query, h));
  if (o.lse != nullptr) {
    o.lse[(b * o.shape.heads + h) * o.shape.queries + query] =
        softmax.total == 0 ? std::numeric_limits<float>::infinity()
                           : softmax.maximum + std::log(softmax.total);
  }
}

template <typename T>
void attend_all(const AttentionForward<T>& o) {
  const AttentionShape& s = o.shape;
  // A thread has to be worth its start: about 5 microseconds, in which another reads 100,000 numbers.
  const std::int64_t grain = 1 + 100'000 / (s.keys * s.head_dim + 1);
  parallel_for(s.batch * s.heads * s.queries, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t head = n / s.queries;
      attend(o, head / s.heads, head % s.heads, n % s.queries);
    }
  });
}

void attend_float(const AttentionForward<float>& o) { attend_all(o); }
void attend_bfloat16(const AttentionForward<bfloat16>& o) { attend_all(o); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {

HWY_EXPORT(attend_float);
HWY_EXPORT(attend_bfloat16);

template <>
void attend_few_queries(const AttentionForward<float>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(attend_float)(operands);
}

template <>
void attend_few_queries(const AttentionForward<bfloat16>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(attend_bfloat16)(operands);
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
