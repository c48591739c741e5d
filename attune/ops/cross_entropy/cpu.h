// Cross-entropy on the CPU.
#pragma once

#include "attune/ops/cross_entropy/cross_entropy.h"

namespace attune::ops {

// What the backward pass needs beside the logits.
struct CrossEntropyState {
  Tensor log_sum_exp;      // (N)
  std::int64_t count = 0;  // targets that are not ignored
};

// Writes `loss` (a scalar, float32 or float64) for contiguous logits (N, V) and targets (N).
CrossEntropyState cross_entropy_forward(const Tensor& logits, const Tensor& targets,
                                        const CrossEntropyOptions& options, const Tensor& loss);

// Writes dlogits (N, V) for the gradient `dloss` of the loss.
void cross_entropy_backward(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options,
                            const CrossEntropyState& state, const Tensor& dloss, const Tensor& dlogits);

}  // namespace attune::ops
