// Attention composed of simpler operations: the definition, with the whole matrix of weights in memory. It is
// the float64 path, what the tiled kernels are tested against, and what a device without a kernel may use.
#pragma once

#include "attune/ops/attention/attention.h"

namespace attune::ops {

// Which keys a query may not look at: (B, 1, Tq, Tk) bool, true where hidden by one of the masks.
Tensor hidden_pairs(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                    const AttentionOptions& options);

// softmax(scale q k^T + bias) where seen, 0 elsewhere, after dropout: (B, H, Tq, Tk). With dropout it takes
// one counter value of the generator and drops what the kernels drop for the same value.
Tensor composed_attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options);

// The same as attention().
Tensor composed_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options);

// Multiplies the output (B, T, H, Dh) of every head by its entry of head_mask (H).
Tensor mask_heads(const Tensor& y, const Tensor& head_mask);

}  // namespace attune::ops
