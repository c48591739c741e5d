// How the backward pass of attention is divided into pieces that run in parallel without touching the same
// memory; the division depends on the shape alone, so results do not depend on the number of threads.
#pragma once

#include <cstdint>

#include "attune/ops/attention/cpu.h"

namespace attune::cpu {

// The heads of all sequences fall into groups that share one part of the gradient of the bias (a head by
// itself when there is no such gradient or it does not broadcast). A group's heads are cut into chunks, and
// the keys of a head into slices. A piece is (group, chunk, slice):
// - chunks of a group each sum a gradient of the bias of their own, added up at the end;
// - slices of a head each sum a gradient of the queries of their own, added up after each head.
class BackwardPlan {
 public:
  BackwardPlan(const AttentionShape& shape, bool with_dbias, const BiasStrides& dbias_strides,
               std::int64_t tile_keys);

  std::int64_t pieces() const { return groups_ * chunks_ * slices_; }
  std::int64_t chunks() const { return chunks_; }
  std::int64_t slices() const { return slices_; }
  // The most heads that a chunk has.
  std::int64_t heads_of_chunk() const { return (members_ + chunks_ - 1) / chunks_; }
  // How many floats the gradient of the bias has.
  std::int64_t dbias_size() const { return dbias_size_; }

  struct Piece {
    std::int64_t chunk = 0;
    std::int64_t slice = 0;
    std::int64_t b = 0, h = 0;
    bool exists = false;  // the last chunk may have fewer heads
  };
  // The n-th head of a piece.
  Piece piece(std::int64_t index, std::int64_t n) const;

 private:
  AttentionShape shape_;
  bool share_batch_ = false, share_heads_ = false;  // who shares a group
  std::int64_t groups_ = 1, members_ = 1, chunks_ = 1, slices_ = 1;
  std::int64_t dbias_size_ = 0;
};

}  // namespace attune::cpu
