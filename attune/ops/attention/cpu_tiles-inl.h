// What the attention kernels are made of, compiled once for every instruction set: small matrix products in
// cache and a tile of scores.
//
// A tile holds the scores of up to kTileQueries queries with some keys, keys down and queries across (S^T).
// So a vector holds one key and many queries: the running maximum and sum of softmax are vectors and need no
// horizontal reduction, and keys and values serve as the broadcast operand just as they lie in memory.

// Include guard per target.
#if defined(ATTUNE_OPS_ATTENTION_CPU_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_OPS_ATTENTION_CPU_TILES_INL_H_
#undef ATTUNE_OPS_ATTENTION_CPU_TILES_INL_H_
#else
#define ATTUNE_OPS_ATTENTION_CPU_TILES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"
#include "attune/ops/attention/cpu_visibility.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;

constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(FloatTag()));
// A block of a product lives in registers: kBlockRows x kBlockColumns, of 32 vector registers or 16.
constexpr std::int64_t kBlockRows = HWY_TARGET == HWY_AVX3 ? 8 : 4;
constexpr std::int64_t kLaneStep = std::max<std::int64_t>(kLanes, 4);  // sizes across are multiples of this
constexpr std::int64_t kBlockColumns = HWY_TARGET == HWY_SCALAR ? kLaneStep : 2 * kLaneStep;
constexpr std::int64_t kTileQueries = 128;
constexpr std::int64_t kPadding = 16;  // sizes in scratch memory are multiples of this

constexpr float kLog2E = 1.44269504f;
constexpr float kLn2 = 0.693147181f;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

constexpr std::int64_t round_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

// How the left operand A (kBlockRows x depth) of a product lies in memory.
enum class Left { row_major, column_major };

// C = (or +=, with `add`) A B for kBlockRows rows and kColumns columns.
template <Left kLeft, std::int64_t kColumns>
HWY_INLINE void multiply_block(const float* HWY_RESTRICT a, std::int64_t a_stride,
                               const float* HWY_RESTRICT b, std::int64_t b_stride, float* HWY_RESTRICT c,
                               std::int64_t c_stride, std::int64_t depth, bool add) {
  const FloatTag d;
  constexpr std::int64_t kVectors = kColumns / kLanes;
  FloatVector sum[kBlockRows][kVectors];
#pragma GCC unroll 8
  for (std::int64_t r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll 4
    for (std::int64_t n = 0; n < kVectors; ++n) {
      sum[r][n] = add ? hn::Load(d, c + r * c_stride + n * kLanes) : hn::Zero(d);
    }
  }
  for (std::int64_t k = 0; k < depth; ++k, b += b_stride) {
    FloatVector right[kVectors];
#pragma GCC unroll 4
    for (std::int64_t n = 0; n < kVectors; ++n) right[n] = hn::Load(d, b + n * kLanes);
#pragma GCC unroll 8
    for (std::int64_t r = 0; r < kBlockRows; ++r) {
      const float left = kLeft == Left::row_major ? a[r * a_stride + k] : a[k * a_stride + r];
#pragma GCC unroll 4
      for (std::int64_t n = 0; n < kVectors; ++n) {
        sum[r][n] = hn::MulAdd(hn::Set(d, left), right[n], sum[r][n]);
      }
    }
  }
#pragma GCC unroll 8
  for (std::int64_t r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll 4
    for (std::int64_t n = 0; n < kVectors; ++n) hn::Store(sum[r][n], d, c + r * c_stride + n * kLanes);
  }
}

// The same for `columns` columns, kBlockColumns or kLaneStep.
template <Left kLeft>
HWY_INLINE void multiply(const float* a, std::int64_t a_stride, const float* b, std::int64_t b_stride,
                         float* c, std::int64_t c_stride, std::int64_t depth, std::int64_t columns,
                         bool add) {
  if (columns == kBlockColumns) {
    multiply_block<kLeft, kBlockColumns>(a, a_stride, b, b_stride, c, c_stride, depth, add);
  } else {
    multiply_block<kLeft, kLaneStep>(a, a_stride, b, b_stride, c, c_stride, depth, add);
  }
}

// `rows` rows of `columns` values, times `factor`, into rows of `to_stride` floats; the rest of a row is
// zero, and so are the rows up to a multiple of kPadding.
template <typename T>
HWY_INLINE void load_rows(const T* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns,
                          float factor, float* to, std::int64_t to_stride) {
  const FloatTag d;
  const FloatVector factors = hn::Set(d, factor);
  for (std::int64_t r = 0; r < rows; ++r, from += from_stride, to += to_stride) {
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      store(d, hn::Mul(load(d, from + i, lanes), factors), to + i);
    });
    for (std::int64_t i = round_up(columns, kLanes); i < to_stride; ++i) to[i] = 0;
  }
  std::fill_n(to, (round_up(rows, kPadding) - rows) * to_stride, 0.0f);
}

// The reverse: `rows` rows of `columns` values, times `factor`, out of scratch memory.
template <typename T>
HWY_INLINE void store_rows(const float* from, std::int64_t from_stride, std::int64_t rows,
                           std::int64_t columns, float factor, T* to, std::int64_t to_stride) {
  const FloatTag d;
  const FloatVector factors = hn::Set(d, factor);
  for (std::int64_t r = 0; r < rows; ++r, from += from_stride, to += to_stride) {
    for_vectors(d, columns, [&](std::int64_t i, auto lanes) HWY_ATTR {
      store(d, hn::Mul(hn::Load(d, from + i), factors), to + i, lanes);
    });
  }
}

// to (columns, rows) = from (rows, columns)^T, both sizes rounded up to a multiple of 4.
HWY_INLINE void transpose(const float* from, std::int64_t from_stride, std::int64_t rows,
                          std::int64_t columns, float* to, std::int64_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t r = 0; r < round_up(rows, 4); ++r) {
    for (std::int64_t c = 0; c < round_up(columns, 4); ++c) to[c * to_stride + r] = from[r * from_stride + c];
  }
#else
  const hn::Full128<float> d;
  for (std::int64_t r = 0; r < rows; r += 4) {
    for (std::int64_t c = 0; c < columns; c += 4) {
      const float* block = from + r * from_stride + c;
      const auto row0 = hn::Load(d, block), row1 = hn::Load(d, block + from_stride);
      const auto row2 = hn::Load(d, block + 2 * from_stride), row3 = hn::Load(d, block + 3 * from_stride);
      const auto left02 = hn::InterleaveLower(d, row0, row2), right02 = hn::InterleaveUpper(d, row0, row2);
      const auto left13 = hn::InterleaveLower(d, row1, row3), right13 = hn::InterleaveUpper(d, row1, row3);
      float* out = to + c * to_stride + r;
      hn::Store(hn::InterleaveLower(d, left02, left13), d, out);
      hn::Store(hn::InterleaveUpper(d, left02, left13), d, out + to_stride);
      hn::Store(hn::InterleaveLower(d, right02, right13), d, out + 2 * to_stride);
      hn::Store(hn::InterleaveUpper(d, right02, right13), d, out + 3 * to_stride);
    }
  }
#endif
}

// 2^x for x <= 0 within 2 ULP; zero below -126.5, so that what is masked weighs exactly nothing; NaN stays.
HWY_INLINE FloatVector exp2_of_nonpositive(FloatVector x) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
  const FloatVector clamped = hn::Max(hn::Set(d, -127.0f), x);
  const FloatVector n = hn::Round(clamped);
  const FloatVector p = polynomial(d, hn::Sub(clamped, n), 1.0000000f, 0.69314697f, 0.24022120f, 0.055507133f,
                                   0.0096755414f, 0.0013276472f);
  const auto exponent = hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127));
  return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(exponent)));
}

// The place of a tile in the matrix of scores of one sequence and head. "Lane" counts queries and "row" keys
// from the tile's first.
struct Tile {
  const Visibility* visible = nullptr;
  std::int64_t query = 0, queries = 0;
  std::int64_t key = 0, keys = 0;

  std::int64_t lanes() const { return round_up(queries, kLaneStep); }

  // How many rows the lanes before `end_lane` see: what is computed of the vector that ends there.
  std::int64_t rows_before(std::int64_t end_lane) const {
    return std::clamp(visible->keys_seen(query + end_lane - 1) - key, std::int64_t{0}, keys);
  }

  // The first lane that is computed in the block of rows that `row` belongs to. What lies before it is
  // masked, and the tile's memory there is not written.
  std::int64_t first_lane(std::int64_t row) const {
    const std::int64_t lane = visible->first_query(key + row / kBlockRows * kBlockRows) - query;
    return lane <= 0 ? 0 : std::min(lane / kLaneStep * kLaneStep, lanes());
  }
};

// out (keys, lanes) = left (keys, Dh) right (Dh, lanes), where the tile is visible.
HWY_INLINE void tile_product(const Tile& tile, const float* left, std::int64_t left_stride,
                             const float* right, std::int64_t depth, float* out) {
  for (std::int64_t lane = 0; lane < tile.lanes(); lane += kBlockColumns) {
    const std::int64_t columns = std::min(kBlockColumns, tile.lanes() - lane);
    const std::int64_t rows = tile.rows_before(lane + kLaneStep), all_rows = tile.rows_before(lane + columns);
    std::int64_t row = 0;
    for (; row < rows; row += kBlockRows) {
      multiply<Left::row_major>(left + row * left_stride, left_stride, right + lane, kTileQueries,
                                out + row * kTileQueries + lane, kTileQueries, depth, columns, false);
    }
    for (const std::int64_t last = lane + columns - kLaneStep; row < all_rows; row += kBlockRows) {
      multiply<Left::row_major>(left + row * left_stride, left_stride, right + last, kTileQueries,
                                out + row * kTileQueries + last, kTileQueries, depth, kLaneStep, false);
    }
  }
}

// Sets what is masked in the computed part of the tile to -infinity.
HWY_INLINE void mask_scores(const Tile& tile, float* scores) {
  const FloatTag d;
  const FloatVector masked = hn::Set(d, -kInfinity);
  for (std::int64_t row = 0; row < tile.keys; ++row) {
    float* s = scores + row * kTileQueries;
    std::int64_t end = tile.visible->first_query(tile.key + row) - tile.query;
    if (tile.visible->hides(tile.key + row)) end = tile.lanes();
    end = std::min(end, tile.lanes());
    for (std::int64_t lane = tile.first_lane(row); lane < end; lane += kLanes) {
      const auto keep = hn::Not(hn::FirstN(d, static_cast<std::size_t>(end - lane)));
      hn::Store(hn::IfThenElse(keep, hn::Load(d, s + lane), masked), d, s + lane);
    }
  }
}

// Adds log2(e) times the bias of one sequence and head to the computed part of the tile. `rows` is working
// memory for (kTileQueries, keys) and `columns` for (keys, kTileQueries), keys rounded up to kPadding.
HWY_INLINE void add_bias(const Tile& tile, const float* bias, const BiasStrides& strides, float* rows,
                         float* columns, float* scores) {
  const FloatTag d;
  const std::int64_t width = round_up(tile.keys, kPadding);
  const float* corner = bias + tile.query * strides.query + tile.key * strides.key;
  if (strides.key == 1) {
    load_rows(corner, strides.query, tile.queries, tile.keys, kLog2E, rows, width);
  } else {
    std::fill_n(rows, round_up(tile.queries, kPadding) * width, 0.0f);
    for (std::int64_t i = 0; i < tile.queries; ++i) {
      for (std::int64_t j = 0; j < tile.keys; ++j) {
        rows[i * width + j] = kLog2E * corner[i * strides.query + j * strides.key];
      }
    }
  }
  transpose(rows, width, tile.lanes(), width, columns, kTileQueries);
  for (std::int64_t row = 0; row < tile.keys; ++row) {
    for (std::int64_t lane = tile.first_lane(row); lane < tile.lanes(); lane += kLanes) {
      const std::int64_t at = row * kTileQueries + lane;
      hn::Store(hn::Add(hn::Load(d, scores + at), hn::Load(d, columns + at)), d, scores + at);
    }
  }
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
