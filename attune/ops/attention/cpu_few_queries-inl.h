// The arithmetic of one query on many keys, compiled once for every instruction set: include after
// hwy/foreach_target.h.

// Include guard per target.
#if defined(ATTUNE_OPS_ATTENTION_CPU_FEW_QUERIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_OPS_ATTENTION_CPU_FEW_QUERIES_INL_H_
#undef ATTUNE_OPS_ATTENTION_CPU_FEW_QUERIES_INL_H_
#else
#define ATTUNE_OPS_ATTENTION_CPU_FEW_QUERIES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"
#include "attune/ops/attention/cpu_scratch.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kChunk = 256;    // keys whose scores are held at once
constexpr std::int64_t kPadding = 16;   // no vector is wider
constexpr float kLowestScore = -6e29f;  // scores of this and less count as not seen

// scores[j] = factor (q . k_j), four keys at a time so that four rows stream at once.
template <class Rows>
HWY_INLINE void dot_products(const float* q, const Rows& keys, std::int64_t begin, std::int64_t count,
                             std::int64_t head_dim, float factor, float* scores) {
  const hn::ScalableTag<float> d;
  std::int64_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const auto *k0 = keys.at(begin + j), *k1 = keys.at(begin + j + 1);
    const auto *k2 = keys.at(begin + j + 2), *k3 = keys.at(begin + j + 3);
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto x = load(d, q + i, lanes);
      s0 = hn::MulAdd(x, load(d, k0 + i, lanes), s0);
      s1 = hn::MulAdd(x, load(d, k1 + i, lanes), s1);
      s2 = hn::MulAdd(x, load(d, k2 + i, lanes), s2);
      s3 = hn::MulAdd(x, load(d, k3 + i, lanes), s3);
    });
    scores[j] = factor * hn::GetLane(hn::SumOfLanes(d, s0));
    scores[j + 1] = factor * hn::GetLane(hn::SumOfLanes(d, s1));
    scores[j + 2] = factor * hn::GetLane(hn::SumOfLanes(d, s2));
    scores[j + 3] = factor * hn::GetLane(hn::SumOfLanes(d, s3));
  }
  for (; j < count; ++j) {
    const auto* k = keys.at(begin + j);
    auto sum = hn::Zero(d);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      sum = hn::MulAdd(load(d, q + i, lanes), load(d, k + i, lanes), sum);
    });
    scores[j] = factor * hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

// out += sum of weights[j] v_j
template <class Rows>
HWY_INLINE void add_weighted(const float* weights, const Rows& values, std::int64_t begin, std::int64_t count,
                             std::int64_t head_dim, float* out) {
  const hn::ScalableTag<float> d;
  std::int64_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const auto *v0 = values.at(begin + j), *v1 = values.at(begin + j + 1);
    const auto *v2 = values.at(begin + j + 2), *v3 = values.at(begin + j + 3);
    const auto w0 = hn::Set(d, weights[j]), w1 = hn::Set(d, weights[j + 1]);
    const auto w2 = hn::Set(d, weights[j + 2]), w3 = hn::Set(d, weights[j + 3]);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto left = hn::MulAdd(w0, load(d, v0 + i, lanes), hn::Mul(w1, load(d, v1 + i, lanes)));
      const auto right = hn::MulAdd(w2, load(d, v2 + i, lanes), hn::Mul(w3, load(d, v3 + i, lanes)));
      store(d, hn::Add(load(d, out + i, lanes), hn::Add(left, right)), out + i, lanes);
    });
  }
  for (; j < count; ++j) {
    const auto w = hn::Set(d, weights[j]);
    const auto* row = values.at(begin + j);
    for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
      const auto v = load(d, row + i, lanes);
      store(d, hn::MulAdd(w, v, load(d, out + i, lanes)), out + i, lanes);
    });
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

// softmax(scale q K^T) V for one query and the first `end` keys. Rows::at(j) is where the row of key j lies;
// adjust(begin, count, scores) may change scores before the softmax. Nothing is allocated.
template <typename T, class Rows, class Adjust>
HWY_INLINE RunningSoftmax attend_row(const T* query, const Rows& keys, const Rows& values, std::int64_t end,
                                     std::int64_t head_dim, float scale, Adjust adjust, T* out) {
  static thread_local Scratch scratch;
  const hn::ScalableTag<float> d;
  scratch.reserve(2 * head_dim + kChunk);
  float* scores = scratch.take(kChunk);
  float* q = scratch.take(head_dim);
  float* sums = scratch.take(head_dim);
  for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, load(d, query + i, lanes), q + i, lanes);
    store(d, hn::Zero(d), sums + i, lanes);
  });
  RunningSoftmax softmax;
  for (std::int64_t key = 0; key < end; key += kChunk) {
    const std::int64_t count = std::min(kChunk, end - key);
    dot_products(q, keys, key, count, head_dim, scale, scores);
    adjust(key, count, scores);
    const std::int64_t padded = (count + kPadding - 1) / kPadding * kPadding;
    std::fill(scores + count, scores + padded, -std::numeric_limits<float>::infinity());
    const float factor = softmax.update(scores, padded);
    if (factor != 1) {
      for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
        store(d, hn::Mul(load(d, sums + i, lanes), hn::Set(d, factor)), sums + i, lanes);
      });
    }
    add_weighted(scores, values, key, count, head_dim, sums);
  }
  const auto factor = hn::Set(d, softmax.total == 0 ? 0 : 1 / softmax.total);
  for_vectors(d, head_dim, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Mul(load(d, sums + i, lanes), factor), out + i, lanes);
  });
  return softmax;
}

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
