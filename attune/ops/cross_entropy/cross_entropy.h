// Softmax and the negative log-likelihood of the target class, in one.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct CrossEntropyOptions {
  std::int64_t ignore_index = -100;  // targets with this value take no part
  double label_smoothing = 0;  // in [0, 1): the share of the target's probability spread over all classes
};

// The mean over the targets that are not ignored (0 when there are none) of
//   -sum over v of q(v) log softmax(logits)(v),  q(v) = (1 - e) [v = target] + e / V,
// with e the label smoothing (Szegedy et al. 2015, 1512.00567, section 7), as PyTorch's cross_entropy has it.
// The code behind 1706.03762 leaves the target out of those that share e: (1 - e) [v = target] + e / (V - 1)
// otherwise, which is this with e V / (V - 1), a difference of 1/80,000 at e = 0.1 and V = 8,000. logits
// (..., V), targets int64
// (...) in [0, V): a scalar, float32 (float64 for float64 logits). Arithmetic is float32 for bfloat16 logits
// too.
//
// The probabilities are not stored: the gradient computes them again from one number a row.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

}  // namespace attune::ops
