// What a decoder of an encoder-decoder keeps while it writes: the keys and values of the target so far, for
// every hypothesis, and those of the source, once for all hypotheses of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/nn/key_value_cache.h"

namespace attune::nn {

// Shapes: B sources, K hypotheses of each, S source tokens, C capacity, H heads, Dh head width.
//
// Hypotheses never move in memory. Position t of the keys and values of hypothesis n lies in the row
// `ancestry[n, t]`: the row of the hypothesis that wrote it. Reordering permutes this small table only.
class DecoderCache {
 public:
  struct Sizes {
    std::int64_t layers, sources, hypotheses, capacity, heads, head_width;
  };
  // `memory_mask` (B, S) bool, or undefined when no source is padded.
  DecoderCache(const Sizes& sizes, Tensor memory_mask);

  // Cross-attention: keys and values (B, S, H, Dh) of the memory in `layer`, computed once.
  void set_memory(std::int64_t layer, const Tensor& keys, const Tensor& values);
  const Tensor& memory_keys(std::int64_t layer) const;
  const Tensor& memory_values(std::int64_t layer) const;
  const Tensor& memory_mask() const { return memory_mask_; }

  // Self-attention: writes keys and values (B K, T, H, Dh) behind the positions that are there and returns
  // windows (B K, length + T, H, Dh) on the rows as written; read them through ancestry(length() + T).
  using View = KeyValueCache::View;
  View extend(std::int64_t layer, const Tensor& keys, const Tensor& values);
  // Once every layer has been extended.
  void advance(std::int64_t positions) { target_.advance(positions); }

  // (B K, length) int32: which row holds each position of each hypothesis. Undefined while nothing was
  // reordered: every hypothesis then reads its own row.
  Tensor ancestry(std::int64_t length) const;

  // Hypothesis n goes on from hypothesis parents[n] (both in [0, B K), of the same source).
  void reorder(std::span<const std::int64_t> parents);

  // Leaves only these sources (rising indices) and their hypotheses, moved together in memory: earlier views
  // end.
  void keep(std::span<const std::int64_t> sources);

  std::int64_t length() const { return target_.length(); }
  std::int64_t capacity() const { return sizes_.capacity; }
  std::int64_t sources() const { return sizes_.sources; }
  std::int64_t hypotheses() const { return sizes_.hypotheses; }

 private:
  Sizes sizes_;
  Tensor memory_mask_;
  std::vector<Tensor> memory_keys_,
      memory_values_;     // per layer (B, S, H, Dh), a head's positions side by side
  KeyValueCache target_;  // of B K rows, as written
  Tensor ancestry_;       // (B K, C) int32, once something was reordered
};

}  // namespace attune::nn
