#include "attune/ops/attention/cpu_few_queries.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/ops/attention/cpu_scratch.h"
#include "attune/ops/attention/cpu_visibility.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/attention/cpu_few_queries.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kChunk = 256;    // keys whose scores are held at once
constexpr std::int64_t kPadding = 16;   // no vector is wider
constexpr float kLowestScore = -6e29f;  // scores of this and less count as not seen

// scores[j] = factor (q . k_j), four keys at a time so that four rows stream at once.
template <typename T>
HWY_INLINE void dot_products(const float* q, const T* keys, std::int64_t stride, std::int64_t count,
                             std::int64_t head_dim, float factor, float* scores) {
  const hn::ScalableTag<float> d;
  std::int64_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const T* k = keys + j * stride;
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto x = load(d, q + i, lanes);
      s0 = hn::MulAdd(x, load(d, k + i, lanes), s0);
      s1 = hn::MulAdd(x, load(d, k + stride + i, lanes), s1);
      s2 = hn::MulAdd(x, load(d, k + 2 * stride + i, lanes), s2);
      s3 = hn::MulAdd(x, load(d, k + 3 * stride + i, lanes), s3);
    });
    scores[j] = factor * hn::GetLane(hn::SumOfLanes(d, s0));
    scores[j + 1] = factor * hn::GetLane(hn::SumOfLanes(d, s1));
    scores[j + 2] = factor * hn::GetLane(hn::SumOfLanes(d, s2));
    scores[j + 3] = factor * hn::GetLane(hn::SumOfLanes(d, s3));
  }
  for (; j < count; ++j) {
    auto sum = hn::Zero(d);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      sum = hn::MulAdd(load(d, q + i, lanes), load(d, keys + j * stride + i, lanes), sum);
    });
    scores[j] = factor * hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

// out += sum of weights[j] v_j
template <typename T>
HWY_INLINE void add_weighted(const float* weights, const T* values, std::int64_t stride, std::int64_t count,
                             std::int64_t head_dim, float* out) {
  const hn::ScalableTag<float> d;
  std::int64_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const T* v = values + j * stride;
    const auto w0 = hn::Set(d, weights[j]), w1 = hn::Set(d, weights[j + 1]);
    const auto w2 = hn::Set(d, weights[j + 2]), w3 = hn::Set(d, weights[j + 3]);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto left = hn::MulAdd(w0, load(d, v + i, lanes), hn::Mul(w1, load(d, v + stride + i, lanes)));
      const auto right =
          hn::MulAdd(w2, load(d, v + 2 * stride + i, lanes), hn::Mul(w3, load(d, v + 3 * stride + i, lanes)));
      store(d, hn::Add(load(d, out + i, lanes), hn::Add(left, right)), out + i, lanes);
    });
  }
  for (; j < count; ++j) {
    const auto w = hn::Set(d, weights[j]);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto v = load(d, values + j * stride + i, lanes);
      store(d, hn::MulAdd(w, v, load(d, out + i, lanes)), out + i, lanes);
    });
  }
}

// Bias and padding, in place.
HWY_INLINE void adjust_scores(const Visibility& visible, std::int64_t begin, std::int64_t count,
                              const float* bias, std::int64_t bias_stride, float* scores) {
  for (std::int64_t j = 0; bias != nullptr && j < count; ++j) scores[j] += bias[(begin + j) * bias_stride];
  for (std::int64_t j = 0; visible.key_mask != nullptr && j < count; ++j) {
    if (visible.hides(begin + j)) scores[j] = -std::numeric_limits<float>::infinity();
  }
}

// What is known of a row of softmax so far.
struct RunningSoftmax {
  float maximum = kLowestScore;
  float total = 0;

  // Turns scores into weights and returns the factor for what was summed before. `count` is a multiple of the
  // width of a vector.
  HWY_INLINE float update(float* scores, std::int64_t count) {
    const hn::ScalableTag<float> d;
    const auto width = static_cast<std::int64_t>(hn::Lanes(d));
    auto most = hn::Set(d, maximum);
    for (std::int64_t j = 0; j < count; j += width) most = hn::Max(most, hn::Load(d, scores + j));
    most = hn::MaxOfLanes(d, most);
    auto sum = hn::Zero(d);
    for (std::int64_t j = 0; j < count; j += width) {
      const auto weight = exp(d, hn::Sub(hn::Load(d, scores + j), most));
      hn::Store(weight, d, scores + j);
      sum = hn::Add(sum, weight);
    }
    const float now = hn::GetLane(most);
    const float factor = std::exp(maximum - now);
    total = total * factor + hn::GetLane(hn::SumOfLanes(d, sum));
    maximum = now;
    return factor;
  }
};

// One query of one sequence and head.
template <typename T>
void attend(const AttentionForward<T>& o, std::int64_t b, std::int64_t h, std::int64_t query) {
  static thread_local Scratch scratch;
  const hn::ScalableTag<float> d;
  const std::int64_t head_dim = o.shape.head_dim;
  scratch.reserve(2 * head_dim + kChunk);
  float* scores = scratch.take(kChunk);
  float* q = scratch.take(head_dim);
  float* sums = scratch.take(head_dim);
  const T* source = o.q.row(b, query, h);
  for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, load(d, source + i, lanes), q + i, lanes);
    store(d, hn::Zero(d), sums + i, lanes);
  });

  const Visibility visible = visibility_of(o.shape, o.settings, b);
  const float* bias = bias_at(o.settings, b, h);
  if (bias != nullptr) bias += query * o.settings.bias_strides.query;
  const std::int64_t end = visible.keys_seen(query);
  RunningSoftmax softmax;
  for (std::int64_t key = 0; key < end; key += kChunk) {
    const std::int64_t count = std::min(kChunk, end - key);
    dot_products(q, o.k.row(b, key, h), o.k.time_stride, count, head_dim, o.settings.scale, scores);
    adjust_scores(visible, key, count, bias, o.settings.bias_strides.key, scores);
    const std::int64_t padded = (count + kPadding - 1) / kPadding * kPadding;
    std::fill(scores + count, scores + padded, -std::numeric_limits<float>::infinity());
    const float factor = softmax.update(scores, padded);
    if (factor != 1) {
      for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
        store(d, hn::Mul(load(d, sums + i, lanes), hn::Set(d, factor)), sums + i, lanes);
      });
    }
    add_weighted(scores, o.v.row(b, key, h), o.v.time_stride, count, head_dim, sums);
  }

  const bool sees_nothing = softmax.total == 0;
  const auto factor = hn::Set(d, sees_nothing ? 0 : 1 / softmax.total);
  T* out = o.out.row(b, query, h);
  for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Mul(load(d, sums + i, lanes), factor), out + i, lanes);
  });
  if (o.lse != nullptr) {
    o.lse[(b * o.shape.heads + h) * o.shape.queries + query] =
        sees_nothing ? std::numeric_limits<float>::infinity() : softmax.maximum + std::log(softmax.total);
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
