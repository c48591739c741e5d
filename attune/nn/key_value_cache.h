// The keys and values of the positions seen so far, so that each new token costs one position.
#pragma once

#include <span>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::nn {

class KeyValueCache {
 public:
  KeyValueCache(std::int64_t layers, std::int64_t batch, std::int64_t capacity, std::int64_t heads,
                std::int64_t head_width, DType dtype = DType::float32);

  struct View {
    Tensor keys, values;  // (B, length, H, Dh): windows on the cache
  };
  // Writes the keys and values (B, T, H, Dh) of `layer` behind the positions that are there, and returns all.
  // The new length counts once every layer has been extended and advance() was called.
  View extend(std::int64_t layer, const Tensor& keys, const Tensor& values);
  void advance(std::int64_t positions);

  // Leaves only these sequences of the batch (rising indices), moved together in place: earlier views end.
  void keep(std::span<const std::int64_t> sequences);

  // The sequences that `of` (N) int64 names, in that order and as often as they occur, with room for
  // `capacity` positions: several continuations of each.
  KeyValueCache repeated(const Tensor& of, std::int64_t capacity) const;

  std::int64_t length() const { return length_; }
  std::int64_t capacity() const { return capacity_; }

 private:
  std::int64_t capacity_, length_ = 0;
  std::vector<Tensor> keys_, values_;  // per layer (B, capacity, H, Dh), a head's positions side by side
};

// x (B, ...), whose first dimension is the outermost in memory, with only these of its rows (rising indices),
// moved together in place.
void keep_rows(Tensor& x, std::span<const std::int64_t> rows);

}  // namespace attune::nn
