// Self-attention of hypotheses that share their past.
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct BeamAttentionOptions {
  std::optional<double> scale = {};  // of q k^T; 1 / sqrt(Dh) when not given
  Tensor bias = {};                  // broadcasts to (N, H, T, L), added before the softmax
};

// softmax(scale q k^T + bias) v (1706.03762, section 3.2.1) for N hypotheses of a beam search and their T
// newest positions of L, where the keys and values of position t of hypothesis n are those of another row,
// keys[ancestry[n, t], t]: a search that goes on from other hypotheses changes the table, and moves no keys.
//
// q (N, T, H, Dh); keys and values (M, L, H, Dh), with any strides whose last is 1; ancestry (N, L) int32,
// entries in [0, M), not checked: (N, T, H, Dh), contiguous. Query i sees the positions up to i + L - T.
// float32 and bfloat16 (float32 arithmetic), float64 (loops). No gradient.
Tensor beam_attention(const Tensor& q, const Tensor& keys, const Tensor& values, const Tensor& ancestry,
                      const BeamAttentionOptions& options = {});

}  // namespace attune::ops
