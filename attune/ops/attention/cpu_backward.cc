// The backward pass (FlashAttention-2, algorithm 2): a tile of keys at a time meets all queries; its weights
// are computed again from the logarithms that the forward pass kept. With S the scores, P the weights and D
// the row sums of dO * O:  dV = P^T dO,  dP = dO V^T,  dS = P * (dP - D),  dQ = dS K,  dK = dS^T Q.
#include <cmath>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/ops/attention/cpu.h"
#include "attune/ops/attention/cpu_backward_plan.h"
#include "attune/ops/attention/cpu_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/attention/cpu_backward.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/ops/attention/cpu_dropout-inl.h"
#include "attune/ops/attention/cpu_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kTileKeys = 128;

// Working memory of one head. Rows of queries and keys have `stride` floats, Dh padded.
struct BackwardMemory {
  std::int64_t stride;
  float* q;          // (kTileQueries, stride)
  float* q_columns;  // (stride, kTileQueries)
  float* dout;       // (kTileQueries, stride)
  float* dout_columns;
  float* k;  // (kTileKeys, stride)
  float* v;
  float* dk;
  float* dv;
  float* scores;      // (kTileKeys, kTileQueries): S, then P, what dV needs
  float* dscores;     // (kTileKeys, kTileQueries): dP, then dS
  float* extra;       // (kTileKeys, kTileQueries): bias or dropout
  float* extra_rows;  // (kTileQueries, kTileKeys)
  float* lse;         // (Tq, padded), base 2
  float* row_sums;    // (Tq, padded): D
  float* dq;          // (Tq, padded; stride)

  BackwardMemory(Scratch& scratch, const AttentionShape& shape) : stride(round_up(shape.head_dim, kPadding)) {
    const std::int64_t queries = round_up(shape.queries, kTileQueries);
    scratch.reserve(stride * (4 * kTileQueries + 4 * kTileKeys + queries) + 4 * kTileQueries * kTileKeys +
                    2 * queries);
    q = scratch.take(kTileQueries * stride);
    q_columns = scratch.take(kTileQueries * stride);
    dout = scratch.take(kTileQueries * stride);
    dout_columns = scratch.take(kTileQueries * stride);
    k = scratch.take(kTileKeys * stride);
    v = scratch.take(kTileKeys * stride);
    dk = scratch.take(kTileKeys * stride);
    dv = scratch.take(kTileKeys * stride);
    scores = scratch.take(kTileKeys * kTileQueries);
    dscores = scratch.take(kTileKeys * kTileQueries);
    extra = scratch.take(kTileKeys * kTileQueries);
    extra_rows = scratch.take(kTileKeys * kTileQueries);
    lse = scratch.take(queries);
    row_sums = scratch.take(queries);
    dq = scratch.take(queries * stride);
  }
};

// Fills lse and row_sums; queries that do not exist weigh nothing.
template <typename T>
HWY_INLINE void prepare_rows(const AttentionBackward<T>& o, std::int64_t b, std::int64_t h,
                             const BackwardMemory& m) {
  const FloatTag d;
  const std::int64_t queries = o.shape.queries;
  const float* lse = o.lse + (b * o.shape.heads + h) * queries;
  for (std::int64_t i = 0; i < queries; ++i) {
    const T* dout = o.dout.row(b, i, h);
    const T* out = o.out.row(b, i, h);
    FloatVector sum = hn::Zero(d);
    for_vectors(d, o.shape.head_dim, [&](std::int64_t c, auto lanes) HWY_ATTR {
      sum = hn::MulAdd(load(d, dout + c, lanes), load(d, out + c, lanes), sum);
    });
    m.row_sums[i] = hn::GetLane(hn::SumOfLanes(d, sum));
    m.lse[i] = lse[i] * kLog2E;
  }
  const std::int64_t missing = round_up(queries, kTileQueries) - queries;
  std::fill_n(m.row_sums + queries, missing, 0.0f);
  std::fill_n(m.lse + queries, missing, kInfinity);
}

// From S and dP to P (with dropout applied) and dS, where the tile is visible.
template <bool kDropout>
HWY_INLINE void differentiate_softmax(const Tile& tile, const BackwardMemory& m) {
  const FloatTag d;
  for (std::int64_t row = 0; row < tile.keys; ++row) {
    for (std::int64_t lane = tile.first_lane(row); lane < tile.lanes(); lane += kLanes) {
      const std::int64_t at = row * kTileQueries + lane;
      const FloatVector lse = hn::Load(d, m.lse + tile.query + lane);
      const FloatVector weight = exp2_of_nonpositive(hn::Sub(hn::Load(d, m.scores + at), lse));
      FloatVector used = weight, dweight = hn::Load(d, m.dscores + at);
      if constexpr (kDropout) {
        const FloatVector factor = hn::Load(d, m.extra + at);
        used = hn::Mul(used, factor);
        dweight = hn::Mul(dweight, factor);
      }
      const FloatVector row_sum = hn::Load(d, m.row_sums + tile.query + lane);
      hn::Store(used, d, m.scores + at);
      hn::Store(hn::Mul(weight, hn::Sub(dweight, row_sum)), d, m.dscores + at);
    }
  }
}

// dK += dS^T Q and dV += P^T dO for the keys of the tile, dQ += dS K for its queries.
HWY_INLINE void add_products(const Tile& tile, std::int64_t head_dim, const BackwardMemory& m) {
  const std::int64_t width = round_up(head_dim, kLaneStep);
  for (std::int64_t c = 0; c < width; c += kBlockColumns) {
    const std::int64_t columns = std::min(kBlockColumns, width - c);
    for (std::int64_t row = 0; row < tile.keys; row += kBlockRows) {
      const std::int64_t lane = tile.first_lane(row);
      if (lane >= tile.queries) break;
      const std::int64_t at = row * kTileQueries + lane, to = row * m.stride + c, from = lane * m.stride + c;
      multiply<Left::row_major>(m.scores + at, kTileQueries, m.dout + from, m.stride, m.dv + to, m.stride,
                                tile.queries - lane, columns, true);
      multiply<Left::row_major>(m.dscores + at, kTileQueries, m.q + from, m.stride, m.dk + to, m.stride,
                                tile.queries - lane, columns, true);
    }
    float* dq = m.dq + tile.query * m.stride + c;
    for (std::int64_t lane = 0; lane < tile.queries; lane += kBlockRows) {
      multiply<Left::column_major>(m.dscores + lane, kTileQueries, m.k + c, m.stride, dq + lane * m.stride,
                                   m.stride, tile.rows_before(lane + kBlockRows), columns, true);
    }
  }
}

// Adds dS to the gradient of the bias of one sequence and head.
HWY_INLINE void add_dbias(const Tile& tile, const BiasStrides& strides, const BackwardMemory& m,
                          float* dbias) {
  const FloatTag d;
  const std::int64_t rows = round_up(tile.keys, kPadding);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t end = row < tile.keys ? tile.first_lane(row) : tile.lanes();
    std::fill_n(m.dscores + row * kTileQueries, end, 0.0f);
  }
  transpose(m.dscores, kTileQueries, rows, tile.lanes(), m.extra_rows, kTileKeys);
  float* corner = dbias + tile.query * strides.query + tile.key * strides.key;
  for (std::int64_t i = 0; i < tile.queries; ++i) {
    const float* from = m.extra_rows + i * kTileKeys;
    float* to = corner + i * strides.query;
    if (strides.key == 1) {
      for_vectors(d, tile.keys, [&](std::int64_t j, auto lanes) HWY_ATTR {
        store(d, hn::Add(load(d, to + j, lanes), load(d, from + j, lanes)), to + j, lanes);
      });
    } else {
      for (std::int64_t j = 0; j < tile.keys; ++j) to[j * strides.key] += from[j];
    }
  }
}

// One tile of queries against the tile of keys at hand.
template <typename T>
HWY_INLINE void backward_tile(const AttentionBackward<T>& o, std::int64_t b, std::int64_t h, const Tile& tile,
                              float* dbias, const BackwardMemory& m) {
  const AttentionSettings& s = o.settings;
  const std::int64_t head_dim = o.shape.head_dim;
  load_rows(o.q.row(b, tile.query, h), o.q.time_stride, tile.queries, head_dim, s.scale * kLog2E, m.q,
            m.stride);
  transpose(m.q, m.stride, tile.lanes(), m.stride, m.q_columns, kTileQueries);
  load_rows(o.dout.row(b, tile.query, h), o.dout.time_stride, tile.queries, head_dim, 1, m.dout, m.stride);
  transpose(m.dout, m.stride, tile.lanes(), m.stride, m.dout_columns, kTileQueries);

  tile_product(tile, m.k, m.stride, m.q_columns, head_dim, m.scores);
  if (s.bias != nullptr) {
    add_bias(tile, bias_at(s, b, h), s.bias_strides, m.extra_rows, m.extra, m.scores);
  }
  mask_scores(tile, m.scores);
  tile_product(tile, m.v, m.stride, m.dout_columns, head_dim, m.dscores);
  if (s.dropout > 0) {
    dropout_factors(s, tile, b * o.shape.heads + h, m.extra);
    differentiate_softmax<true>(tile, m);
  } else {
    differentiate_softmax<false>(tile, m);
  }
  add_products(tile, head_dim, m);
  if (dbias != nullptr) {
    add_dbias(tile, o.dbias_strides, m, dbias + b * o.dbias_strides.batch + h * o.dbias_strides.head);
  }
}

// The gradients of one sequence and head that the tiles of keys slice, slice + slices, ... give: dK and dV go
// to their place, dQ is summed in memory.
template <typename T>
void backward_keys(const AttentionBackward<T>& o, std::int64_t b, std::int64_t h, std::int64_t slice,
                   std::int64_t slices, float* dbias, const BackwardMemory& m) {
  const AttentionShape& s = o.shape;
  const Visibility visible = visibility_of(s, o.settings, b);
  prepare_rows(o, b, h, m);
  std::fill_n(m.dq, round_up(s.queries, kTileQueries) * m.stride, 0.0f);
  Tile tile{.visible = &visible};
  for (tile.key = slice * kTileKeys; tile.key < s.keys; tile.key += slices * kTileKeys) {
    tile.keys = std::min(kTileKeys, s.keys - tile.key);
    std::fill_n(m.dk, tile.keys * m.stride, 0.0f);
    std::fill_n(m.dv, tile.keys * m.stride, 0.0f);
    if (!visible.hides_all(tile.key, tile.key + tile.keys)) {
      load_rows(o.k.row(b, tile.key, h), o.k.time_stride, tile.keys, s.head_dim, 1, m.k, m.stride);
      load_rows(o.v.row(b, tile.key, h), o.v.time_stride, tile.keys, s.head_dim, 1, m.v, m.stride);
      tile.query = visible.first_query(tile.key) / kTileQueries * kTileQueries;
      for (; tile.query < s.queries; tile.query += kTileQueries) {
        tile.queries = std::min(kTileQueries, s.queries - tile.query);
        backward_tile(o, b, h, tile, dbias, m);
      }
    }
    // The queries that dK was summed from carry the scale and log2(e).
    store_rows(m.dk, m.stride, tile.keys, s.head_dim, kLn2, o.dk.row(b, tile.key, h), o.dk.time_stride);
    store_rows(m.dv, m.stride, tile.keys, s.head_dim, 1, o.dv.row(b, tile.key, h), o.dv.time_stride);
  }
}

// A gradient of the bias that is shared by pieces that run at the same time.
class PartialBiasGradients {
 public:
  PartialBiasGradients(float* dbias, const BackwardPlan& plan) : dbias_(dbias), size_(plan.dbias_size()) {
    if (dbias == nullptr) return;
    static thread_local Scratch scratch;
    copies_ = plan.chunks() - 1;
    std::fill_n(dbias, size_, 0.0f);
    scratch.reserve(copies_ * size_);
    partial_ = scratch.take(copies_ * size_);
    std::fill_n(partial_, copies_ * size_, 0.0f);
  }

  // Where chunk `chunk` adds.
  float* of_chunk(std::int64_t chunk) const {
    return chunk == 0 || dbias_ == nullptr ? dbias_ : partial_ + (chunk - 1) * size_;
  }

  void add_up() const {
    for (std::int64_t c = 0; c < copies_; ++c) {
      for (std::int64_t i = 0; i < size_; ++i) dbias_[i] += partial_[c * size_ + i];
    }
  }

 private:
  float* dbias_;
  float* partial_ = nullptr;
  std::int64_t size_;
  std::int64_t copies_ = 0;
};

// Every piece by itself: a head's keys are all in one piece, which writes dQ at its end.
template <typename T>
void backward_whole_heads(const AttentionBackward<T>& o, const BackwardPlan& plan,
                          const PartialBiasGradients& dbias) {
  parallel_for(plan.pieces(), 1, [&](std::int64_t begin, std::int64_t end) {
    static thread_local Scratch scratch;
    const BackwardMemory m(scratch, o.shape);
    for (std::int64_t index = begin; index < end; ++index) {
      for (std::int64_t n = 0; n < plan.heads_of_chunk(); ++n) {
        const BackwardPlan::Piece p = plan.piece(index, n);
        if (!p.exists) continue;
        backward_keys(o, p.b, p.h, 0, 1, dbias.of_chunk(p.chunk), m);
        store_rows(m.dq, m.stride, o.shape.queries, o.shape.head_dim, o.settings.scale, o.dq.row(p.b, 0, p.h),
                   o.dq.time_stride);
      }
    }
  });
}

// The slices of a head at the same time, each with a dQ of its own; their sum is the gradient.
template <typename T>
void backward_slices(const AttentionBackward<T>& o, const BackwardPlan& plan,
                     const PartialBiasGradients& dbias) {
  static thread_local Scratch shared;
  const AttentionShape& s = o.shape;
  const std::int64_t stride = round_up(s.head_dim, kPadding);
  const std::int64_t size = round_up(s.queries, kTileQueries) * stride;
  shared.reserve(plan.pieces() * size);
  float* const partial = shared.take(plan.pieces() * size);
  for (std::int64_t n = 0; n < plan.heads_of_chunk(); ++n) {
    parallel_for(plan.pieces(), 1, [&](std::int64_t begin, std::int64_t end) {
      static thread_local Scratch scratch;
      BackwardMemory m(scratch, s);
      for (std::int64_t index = begin; index < end; ++index) {
        const BackwardPlan::Piece p = plan.piece(index, n);
        m.dq = partial + index * size;
        if (p.exists) backward_keys(o, p.b, p.h, p.slice, plan.slices(), dbias.of_chunk(p.chunk), m);
      }
    });
    const std::int64_t tiles = (s.queries + kTileQueries - 1) / kTileQueries;
    parallel_for(plan.pieces() / plan.slices() * tiles, 4, [&](std::int64_t begin, std::int64_t end) {
      const FloatTag d;
      for (std::int64_t item = begin; item < end; ++item) {
        const std::int64_t index = item / tiles * plan.slices(), query = item % tiles * kTileQueries;
        const BackwardPlan::Piece p = plan.piece(index, n);
        if (!p.exists) continue;
        float* sum = partial + index * size + query * stride;
        for (std::int64_t slice = 1; slice < plan.slices(); ++slice) {
          const float* next = sum + slice * size;
          for (std::int64_t i = 0; i < kTileQueries * stride; i += kLanes) {
            hn::Store(hn::Add(hn::Load(d, sum + i), hn::Load(d, next + i)), d, sum + i);
          }
        }
        store_rows(sum, stride, std::min(kTileQueries, s.queries - query), s.head_dim, o.settings.scale,
                   o.dq.row(p.b, query, p.h), o.dq.time_stride);
      }
    });
  }
}

template <typename T>
void backward(const AttentionBackward<T>& o) {
  const BackwardPlan plan(o.shape, o.dbias != nullptr, o.dbias_strides, kTileKeys);
  const PartialBiasGradients dbias(o.dbias, plan);
  if (plan.slices() == 1) {
    backward_whole_heads(o, plan, dbias);
  } else {
    backward_slices(o, plan, dbias);
  }
  dbias.add_up();
}

void backward_float(const AttentionBackward<float>& o) { backward(o); }
void backward_bfloat16(const AttentionBackward<bfloat16>& o) { backward(o); }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {

HWY_EXPORT(backward_float);
HWY_EXPORT(backward_bfloat16);

template <>
void attention(const AttentionBackward<float>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(backward_float)(operands);
}

template <>
void attention(const AttentionBackward<bfloat16>& operands) {
  isa();  // caps the dispatch
  HWY_DYNAMIC_DISPATCH(backward_bfloat16)(operands);
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
