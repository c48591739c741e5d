// Relative positions as a bias of attention (Raffel et al., 1910.10683, section 2.1).
#pragma once

#include "attune/nn/parameters.h"

namespace attune::nn {

// Distances fall into buckets: one for each of the shorter, and logarithmically larger ones up to
// `max_distance`, beyond which all share the last.
struct RelativeBuckets {
  std::int64_t count = 32;
  std::int64_t max_distance = 128;
  bool bidirectional = true;  // half of the buckets are for keys behind the query; else those count as near

  // The bucket of a key that stands `distance` tokens behind the query (before it: a negative number). In
  // float32, so that distances on an edge fall where Hugging Face's do.
  std::int64_t of(std::int64_t distance) const;
};

// A learned scalar for each bucket and head, added to the scores of every layer of a stack.
struct RelativePositionBias {
  Tensor weight;  // (buckets, H)
  RelativeBuckets buckets;

  RelativePositionBias(const Scope& scope, const RelativeBuckets& buckets, std::int64_t heads,
                       Initializer initializer)
      : weight(scope.parameter("weight", {buckets.count, heads}, initializer)), buckets(buckets) {}

  // The bias of `queries` queries, of which the first stands at position `first`, on keys at 0, 1, ...:
  // (H, queries, keys). Differentiable.
  Tensor operator()(std::int64_t first, std::int64_t queries, std::int64_t keys) const;
};

}  // namespace attune::nn
