// The weights themselves, for a reader who asks for them.
#include <algorithm>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/ops/attention/cpu.h"
#include "attune/ops/attention/cpu_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/attention/cpu_weights.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/ops/attention/cpu_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kTileKeys = 64;

// Softmax of `count` scores in base 2, in place; a row of -infinity becomes zeros.
HWY_INLINE void softmax_row(float* row, std::int64_t count) {
  const FloatTag d;
  const float most = *std::max_element(row, row + count);
  if (most == -kInfinity) {
    std::fill_n(row, count, 0.0f);
    return;
  }
  const FloatVector shift = hn::Set(d, most);
  for_vectors(d, count, [&](std::int64_t j, auto lanes) HWY_ATTR {
    store(d, exp2_of_nonpositive(hn::Sub(load(d, row + j, lanes), shift)), row + j, lanes);
  });
  const float total =
      sum_of(d, count, [&](std::int64_t j, auto lanes) HWY_ATTR { return load(d, row + j, lanes); });
  for_vectors(d, count, [&](std::int64_t j, auto lanes) HWY_ATTR {
    store(d, hn::Div(load(d, row + j, lanes), hn::Set(d, total)), row + j, lanes);
  });
}

// The weights of one tile of queries of one sequence and head.
template <typename T>
void weights_of_queries(const AttentionWeights<T>& o, std::int64_t b, std::int64_t h, std::int64_t query) {
  static thread_local Scratch scratch;
  const std::int64_t head_dim = o.shape.head_dim, stride = round_up(head_dim, kPadding);
  scratch.reserve(stride * (2 * kTileQueries + kTileKeys) + 3 * kTileQueries * kTileKeys);
  float* rows = scratch.take(kTileQueries * stride);
  float* queries = scratch.take(stride * kTileQueries);
  float* keys = scratch.take(kTileKeys * stride);
  float* scores = scratch.take(kTileKeys * kTileQueries);
  float* extra = scratch.take(kTileKeys * kTileQueries);
  float* extra_rows = scratch.take(kTileQueries * kTileKeys);

  const Visibility visible = visibility_of(o.shape, o.settings, b);
  const float* bias = bias_at(o.settings, b, h);
  Tile tile{.visible = &visible, .query = query, .queries = std::min(kTileQueries, o.shape.queries - query)};
  float* weights = o.weights + ((b * o.shape.heads + h) * o.shape.queries + query) * o.shape.keys;
  load_rows(o.q.row(b, query, h), o.q.time_stride, tile.queries, head_dim, o.settings.scale * kLog2E, rows,
            stride);
  transpose(rows, stride, tile.lanes(), stride, queries, kTileQueries);
  for (tile.key = 0; tile.key < o.shape.keys; tile.key += kTileKeys) {
    tile.keys = std::min(kTileKeys, o.shape.keys - tile.key);
    load_rows(o.k.row(b, tile.key, h), o.k.time_stride, tile.keys, head_dim, 1, keys, stride);
    std::fill_n(scores, kTileKeys * kTileQueries, -kInfinity);
    tile_product(tile, keys, stride, queries, head_dim, scores);
    if (bias != nullptr) add_bias(tile, bias, o.settings.bias_strides, extra_rows, extra, scores);
    mask_scores(tile, scores);
    transpose(scores, kTileQueries, round_up(tile.keys, 4), tile.lanes(), extra_rows, kTileKeys);
    store_rows(extra_rows, kTileKeys, tile.queries, tile.keys, 1, weights + tile.key, o.shape.keys);
  }
  if (o.shape.keys == 0) return;
  for (std::int64_t i = 0; i < tile.queries; ++i) softmax_row(weights + i * o.shape.keys, o.shape.keys);
}

template <typename T>
void weights(const AttentionWeights<T>& o) {
  const AttentionShape& s = o.shape;
  const std::int64_t tiles = (s.queries + kTileQueries - 1) / kTileQueries;
  parallel_for(s.batch * s.heads * tiles, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t head = n / tiles;
      weights_of_queries(o, head / s.heads, head % s.heads, n % tiles * kTileQueries);
    }
  });
}

void weights_float(const AttentionWeights<float>& o) { weights(o); }
void weights_bfloat16(const AttentionWeights<bfloat16>& o) { weights(o); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {

HWY_EXPORT(weights_float);
HWY_EXPORT(weights_bfloat16);

template <>
void attention(const AttentionWeights<float>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(weights_float)(operands);
}

template <>
void attention(const AttentionWeights<bfloat16>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(weights_bfloat16)(operands);
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
