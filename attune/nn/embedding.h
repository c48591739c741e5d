// Token embeddings and the output layer tied to them.
#pragma once

#include "attune/nn/parameters.h"
#include "attune/ops/embedding/embedding.h"

namespace attune::nn {

// A learned table of vectors (1706.03762, section 3.4). The row `padding_index` gets no gradient.
struct Embedding {
  Tensor weight;  // (V, D)
  std::int64_t padding_index;

  Embedding(const Scope& scope, std::int64_t entries, std::int64_t width, Initializer initializer,
            std::int64_t padding_index = -1)
      : weight(scope.parameter("weight", {entries, width}, initializer)), padding_index(padding_index) {}

  // (...) int64 -> (..., D)
  Tensor operator()(const Tensor& indices) const { return ops::embedding(indices, weight, padding_index); }
};

}  // namespace attune::nn
