#include "attune/ops/attention/cpu_backward_plan.h"

#include <algorithm>

namespace attune::cpu {
namespace {

// Enough pieces to keep a machine's threads evenly busy; more would cost memory.
constexpr std::int64_t kWantedPieces = 8;
// A gradient of the bias up to this many floats is worth copies of its own for chunks.
constexpr std::int64_t kSmallBias = 1 << 18;

std::int64_t extent(std::int64_t stride, std::int64_t size) { return stride == 0 ? 1 : size; }

std::int64_t missing_factor(std::int64_t pieces) { return (kWantedPieces + pieces - 1) / pieces; }

}  // namespace

BackwardPlan::BackwardPlan(const AttentionShape& shape, bool with_dbias, const BiasStrides& strides,
                           std::int64_t tile_keys)
    : shape_(shape) {
  if (with_dbias) {
    share_batch_ = strides.batch == 0;
    share_heads_ = strides.head == 0;
    dbias_size_ = extent(strides.batch, shape.batch) * extent(strides.head, shape.heads) *
                  extent(strides.query, shape.queries) * extent(strides.key, shape.keys);
  }
  groups_ = (share_batch_ ? 1 : shape.batch) * (share_heads_ ? 1 : shape.heads);
  members_ = shape.batch * shape.heads / std::max<std::int64_t>(1, groups_);
  if (groups_ == 0 || members_ == 0) return;
  if (with_dbias && dbias_size_ <= kSmallBias) chunks_ = std::min(members_, missing_factor(groups_));
  // Slices write different columns of the gradient of the bias, unless it has a single one.
  if (with_dbias && strides.key == 0) return;
  const std::int64_t key_tiles = (shape.keys + tile_keys - 1) / tile_keys;
  slices_ = std::clamp(key_tiles / 4, std::int64_t{1}, missing_factor(groups_ * chunks_));
}

BackwardPlan::Piece BackwardPlan::piece(std::int64_t index, std::int64_t n) const {
  Piece piece{.chunk = index / slices_ % chunks_, .slice = index % slices_};
  const std::int64_t group = index / slices_ / chunks_;
  const std::int64_t begin = members_ * piece.chunk / chunks_, end = members_ * (piece.chunk + 1) / chunks_;
  piece.exists = begin + n < end;
  const std::int64_t member = begin + n;
  if (share_batch_ && share_heads_) {
    piece.b = member / shape_.heads, piece.h = member % shape_.heads;
  } else if (share_batch_) {
    piece.b = member, piece.h = group;
  } else if (share_heads_) {
    piece.b = group, piece.h = member;
  } else {
    piece.b = group / shape_.heads, piece.h = group % shape_.heads;
  }
  return piece;
}

}  // namespace attune::cpu
