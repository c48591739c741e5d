// The forward pass: one tile of queries at a time meets all keys, with a running maximum and sum
// (FlashAttention-2, algorithm 1). Scores are kept in base 2.
#include <cmath>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/ops/attention/cpu.h"
#include "attune/ops/attention/cpu_few_queries.h"
#include "attune/ops/attention/cpu_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/attention/cpu_forward.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/ops/attention/cpu_dropout-inl.h"
#include "attune/ops/attention/cpu_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kTileKeys = 64;
constexpr float kLowestScore = -6e29f * kLog2E;  // scores of this and less count as not seen

// Working memory of one tile of queries.
struct ForwardMemory {
  std::int64_t stride;  // Dh, padded
  float* rows;          // (kTileQueries, stride): queries, later the output
  float* queries;       // (stride, kTileQueries)
  float* keys;          // (kTileKeys, stride)
  float* values;        // (kTileKeys, stride)
  float* scores;        // (kTileKeys, kTileQueries)
  float* extra;         // (kTileKeys, kTileQueries): bias or dropout
  float* extra_rows;    // (kTileQueries, kTileKeys)
  float* sums;          // (stride, kTileQueries): the output, not yet divided
  float* maximum;       // (kTileQueries)
  float* total;         // (kTileQueries)

  ForwardMemory(Scratch& scratch, std::int64_t head_dim) : stride(round_up(head_dim, kPadding)) {
    scratch.reserve(stride * (3 * kTileQueries + 2 * kTileKeys) + 3 * kTileQueries * kTileKeys +
                    2 * kTileQueries);
    rows = scratch.take(kTileQueries * stride);
    queries = scratch.take(stride * kTileQueries);
    keys = scratch.take(kTileKeys * stride);
    values = scratch.take(kTileKeys * stride);
    scores = scratch.take(kTileKeys * kTileQueries);
    extra = scratch.take(kTileKeys * kTileQueries);
    extra_rows = scratch.take(kTileQueries * kTileKeys);
    sums = scratch.take(stride * kTileQueries);
    maximum = scratch.take(kTileQueries);
    total = scratch.take(kTileQueries);
  }
};

// Brings the maximum and the sum of one vector of queries up to date with `rows` more scores, turns those
// into weights and returns the factor that what was summed before has to be multiplied with.
HWY_INLINE FloatVector update_softmax(float* scores, std::int64_t rows, float* maximum, float* total) {
  const FloatTag d;
  const FloatVector before = hn::Load(d, maximum);
  FloatVector even = before, odd = before;
  std::int64_t row = 0;
  for (; row + 2 <= rows; row += 2) {
    even = hn::Max(even, hn::Load(d, scores + row * kTileQueries));
    odd = hn::Max(odd, hn::Load(d, scores + (row + 1) * kTileQueries));
  }
  if (row < rows) even = hn::Max(even, hn::Load(d, scores + row * kTileQueries));
  const FloatVector now = hn::Max(even, odd);
  const FloatVector factor = exp2_of_nonpositive(hn::Sub(before, now));
  FloatVector sum = hn::Mul(hn::Load(d, total), factor);
  for (row = 0; row < rows; ++row) {
    float* s = scores + row * kTileQueries;
    const FloatVector weight = exp2_of_nonpositive(hn::Sub(hn::Load(d, s), now));
    hn::Store(weight, d, s);
    sum = hn::Add(sum, weight);
  }
  hn::Store(now, d, maximum);
  hn::Store(sum, d, total);
  return factor;
}

HWY_INLINE void scale_columns(FloatVector factor, std::int64_t rows, float* x) {
  const FloatTag d;
  for (std::int64_t row = 0; row < rows; ++row, x += kTileQueries) {
    hn::Store(hn::Mul(hn::Load(d, x), factor), d, x);
  }
}

// Softmax over the tile's scores, and the part of the output that its keys give.
template <typename T>
HWY_INLINE void absorb_tile(const AttentionForward<T>& o, const Tile& tile, std::int64_t head_index,
                            const ForwardMemory& m) {
  const FloatTag d;
  for (std::int64_t lane = 0; lane < tile.lanes(); lane += kLanes) {
    const std::int64_t rows = tile.rows_before(round_up(lane + 1, kLaneStep));
    const FloatVector factor = update_softmax(m.scores + lane, rows, m.maximum + lane, m.total + lane);
    if (hn::AllTrue(d, hn::Eq(factor, hn::Set(d, 1.0f)))) continue;
    scale_columns(factor, m.stride, m.sums + lane);
  }
  if (o.settings.dropout > 0) {
    dropout_factors(o.settings, tile, head_index, m.extra);
    for (std::int64_t row = 0; row < tile.keys; ++row) {
      for (std::int64_t lane = tile.first_lane(row); lane < tile.lanes(); lane += kLanes) {
        float* s = m.scores + row * kTileQueries + lane;
        hn::Store(hn::Mul(hn::Load(d, s), hn::Load(d, m.extra + row * kTileQueries + lane)), d, s);
      }
    }
  }
  for (std::int64_t lane = 0; lane < tile.lanes(); lane += kBlockColumns) {
    const std::int64_t columns = std::min(kBlockColumns, tile.lanes() - lane),
                       last = lane + columns - kLaneStep;
    const std::int64_t rows = tile.rows_before(lane + kLaneStep),
                       more_rows = tile.rows_before(lane + columns) - rows;
    for (std::int64_t c = 0; c < o.shape.head_dim; c += kBlockRows) {
      float* sums = m.sums + c * kTileQueries;
      multiply<Left::column_major>(m.values + c, m.stride, m.scores + lane, kTileQueries, sums + lane,
                                   kTileQueries, rows, columns, true);
      if (more_rows == 0) continue;
      multiply<Left::column_major>(m.values + c + rows * m.stride, m.stride,
                                   m.scores + rows * kTileQueries + last, kTileQueries, sums + last,
                                   kTileQueries, more_rows, kLaneStep, true);
    }
  }
}

// Divides by the sums and writes the output and the logarithms.
template <typename T>
HWY_INLINE void finish_queries(const AttentionForward<T>& o, const Tile& tile, std::int64_t b, std::int64_t h,
                               const ForwardMemory& m) {
  const FloatTag d;
  const FloatVector one = hn::Set(d, 1.0f);
  for (std::int64_t lane = 0; lane < tile.lanes(); lane += kLanes) {
    const FloatVector total = hn::Load(d, m.total + lane);
    const auto sees_nothing = hn::Eq(total, hn::Zero(d));
    scale_columns(hn::IfThenElse(sees_nothing, hn::Zero(d), hn::Div(one, total)), m.stride, m.sums + lane);
    const FloatVector lse = hn::MulAdd(hn::Load(d, m.maximum + lane), hn::Set(d, kLn2), log(d, total));
    hn::Store(hn::IfThenElse(sees_nothing, hn::Set(d, kInfinity), lse), d, m.total + lane);
  }
  transpose(m.sums, kTileQueries, m.stride, tile.lanes(), m.rows, m.stride);
  store_rows(m.rows, m.stride, tile.queries, o.shape.head_dim, 1, o.out.row(b, tile.query, h),
             o.out.time_stride);
  if (o.lse != nullptr) {
    std::copy_n(m.total, tile.queries, o.lse + (b * o.shape.heads + h) * o.shape.queries + tile.query);
  }
}

// All of attention for one tile of queries of one sequence and head.
template <typename T>
void forward_queries(const AttentionForward<T>& o, std::int64_t b, std::int64_t h, std::int64_t query) {
  static thread_local Scratch scratch;
  const std::int64_t head_dim = o.shape.head_dim;
  const ForwardMemory m(scratch, head_dim);
  const Visibility visible = visibility_of(o.shape, o.settings, b);
  const float* bias = bias_at(o.settings, b, h);
  Tile tile{.visible = &visible, .query = query, .queries = std::min(kTileQueries, o.shape.queries - query)};

  load_rows(o.q.row(b, query, h), o.q.time_stride, tile.queries, head_dim, o.settings.scale * kLog2E, m.rows,
            m.stride);
  transpose(m.rows, m.stride, tile.lanes(), m.stride, m.queries, kTileQueries);
  for (std::int64_t c = 0; c < m.stride; ++c) std::fill_n(m.sums + c * kTileQueries, tile.lanes(), 0.0f);
  std::fill_n(m.maximum, kTileQueries, kLowestScore);
  std::fill_n(m.total, kTileQueries, 0.0f);

  const std::int64_t end = visible.keys_seen(query + tile.queries - 1);
  for (tile.key = 0; tile.key < end; tile.key += kTileKeys) {
    tile.keys = std::min(kTileKeys, end - tile.key);
    if (visible.hides_all(tile.key, tile.key + tile.keys)) continue;
    load_rows(o.k.row(b, tile.key, h), o.k.time_stride, tile.keys, head_dim, 1, m.keys, m.stride);
    load_rows(o.v.row(b, tile.key, h), o.v.time_stride, tile.keys, head_dim, 1, m.values, m.stride);
    tile_product(tile, m.keys, m.stride, m.queries, head_dim, m.scores);
    if (bias != nullptr) add_bias(tile, bias, o.settings.bias_strides, m.extra_rows, m.extra, m.scores);
    mask_scores(tile, m.scores);
    absorb_tile(o, tile, b * o.shape.heads + h, m);
  }
  finish_queries(o, tile, b, h, m);
}

// Which tile the n-th is: 0, last, 1, last - 1, ..., so that with a causal mask every range of tiles is about
// the same work.
std::int64_t balanced(std::int64_t n, std::int64_t count) { return n % 2 == 0 ? n / 2 : count - 1 - n / 2; }

template <typename T>
void forward(const AttentionForward<T>& o) {
  const AttentionShape& s = o.shape;
  const std::int64_t tiles = (s.queries + kTileQueries - 1) / kTileQueries;
  const std::int64_t multiplications = 2 * std::min(kTileQueries, s.queries) * s.keys * s.head_dim;
  // Below about a million multiplications another thread costs more than it saves.
  const std::int64_t grain = 1 + 1'000'000 / (multiplications + 1);
  parallel_for(s.batch * s.heads * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t head = n / tiles;
      forward_queries(o, head / s.heads, head % s.heads, balanced(n % tiles, tiles) * kTileQueries);
    }
  });
}

void forward_float(const AttentionForward<float>& o) { forward(o); }
void forward_bfloat16(const AttentionForward<bfloat16>& o) { forward(o); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_bfloat16);

template <>
void attention(const AttentionForward<float>& operands) {
  if (suits_few_queries(operands)) return attend_few_queries(operands);
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(forward_float)(operands);
}

template <>
void attention(const AttentionForward<bfloat16>& operands) {
  if (suits_few_queries(operands)) return attend_few_queries(operands);
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(forward_bfloat16)(operands);
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
