// ProbSparse attention (Zhou et al., "Informer", 2012.07436, section 3.1): only the queries whose weights are
// farthest from uniform attend; all others get the values as if they looked everywhere alike.
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct ProbSparseOptions {
  std::int64_t active = 1;           // u: how many queries of a head attend, 1 .. Tq
  bool causal = false;               // query i sees the keys 0 .. i; Tq = Tk
  std::optional<double> scale = {};  // of q k^T; 1 / sqrt(Dh) when not given
};

// q (B, Tq, H, Dh), k and v (B, Tk, H, Dh), with any strides whose last is 1: (B, Tq, H, Dh), contiguous.
//
// `samples` (Tq, U) int64 names keys at which each query is tried: a query's sparsity is the largest of its
// products with them minus their sum / Tk (equation 4, as the paper's code has it). The `active` queries
// of the greatest sparsity attend to the keys by softmax; the output of the others is the mean of all values
// or, when causal, the sum of the values up to theirs. The choice itself has no gradient.
// float32, float64; bfloat16 computes in float32.
Tensor prob_sparse_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& samples,
                             const ProbSparseOptions& options);

// The weights (B, H, Tq, Tk) float32 (float64 for float64), for looking at. A query that does not attend has
// the same weight for every key that it sees. Going backward through them throws.
Tensor prob_sparse_attention_weights(const Tensor& q, const Tensor& k, const Tensor& samples,
                                     const ProbSparseOptions& options);

}  // namespace attune::ops
