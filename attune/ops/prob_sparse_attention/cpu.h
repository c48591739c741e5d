// ProbSparse attention on the CPU, in float32 and float64. Shapes: q (B, Tq, H, Dh), k and v (B, Tk, H, Dh)
// with a last stride of 1, u active queries.
#pragma once

#include "attune/autograd/tape.h"
#include "attune/tensor/tensor.h"

namespace attune::ops {

// The queries that attend, and how.
struct SparseQueries {
  Tensor index;    // (B, H, u) int64, rising
  Tensor weights;  // (B, H, u, Tk): softmax(scale q k^T), 0 for keys that are not seen
  double scale;
  bool causal;

  std::int64_t active() const { return index.dim(2); }
};

// Fills index and weights.
void choose_queries(const Tensor& q, const Tensor& k, const Tensor& samples, const SparseQueries& sparse);

// y (B, Tq, H, Dh), contiguous.
void attend(const SparseQueries& sparse, const Tensor& v, const Tensor& y);

// The gradients of q (input 0), k (1) and v (2), each where it is needed.
void attend_backward(const SparseQueries& sparse, const Tensor& q, const Tensor& k, const Tensor& v,
                     const Tensor& dy, Backward& back);

// The weights of all queries: (B, H, Tq, Tk), contiguous.
void spread_weights(const SparseQueries& sparse, const Tensor& whole);

}  // namespace attune::ops
