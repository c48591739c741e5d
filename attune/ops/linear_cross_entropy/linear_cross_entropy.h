// The output layer of a language model and its loss, in one.
#pragma once

#include "attune/ops/cross_entropy/cross_entropy.h"

namespace attune::ops {

// cross_entropy(linear(x, weight), targets, options) for x (..., D), weight (V, D), targets int64 (...); a
// scalar. x may be bfloat16 with a float32 weight that has a compute copy, as in linear; the logits and the
// loss are float32 all the same.
//
// The logits (N, V) of all N tokens live at once only while they take at most 256 MiB: they become their own
// gradient in the forward pass and wait for the backward pass. Above that (and whenever no gradient is
// wanted) the tokens are taken in tiles of 64 MiB, which the backward pass computes again.
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& targets,
                            const CrossEntropyOptions& options = {});
// The same with a bias (V), float32 (float64 with float64 x), or undefined.
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            const CrossEntropyOptions& options = {});

// The loss of every token, (...), for evaluation: no gradient. A target of -100 gives 0.
Tensor token_losses(const Tensor& x, const Tensor& weight, const Tensor& targets);
Tensor token_losses(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets);

}  // namespace attune::ops
