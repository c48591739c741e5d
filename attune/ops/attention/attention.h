// Scaled dot-product attention (1706.03762, section 3.2.1), computed in tiles (Dao et al., 2205.14135):
// memory grows linearly with the length.
#pragma once

#include <optional>

#include "attune/tensor/random.h"
#include "attune/tensor/tensor.h"

namespace attune::ops {

// Which keys a query may look at, and what else bears on the weights. Everything is optional and combines.
struct AttentionOptions {
  std::optional<double> scale = {};  // of q k^T; 1 / sqrt(Dh) when not given

  bool causal = false;    // query i sees the keys j <= i + Tk - Tq
  Tensor key_mask = {};   // (B, Tk) bool: false hides a key (padding)
  Tensor prefix = {};     // (B) int64, with causal: the first `prefix` keys are seen by every query
  Tensor bias = {};       // broadcasts to (B, H, Tq, Tk), added before the softmax; differentiable
  Tensor head_mask = {};  // (H): each head's output is multiplied by its entry; differentiable

  double dropout = 0;              // of the weights, in [0, 1), in steps of 2^-16
  Generator* generator = nullptr;  // required with dropout, which takes one counter value of it
};

// q (B, Tq, H, Dh), k and v (B, Tk, H, Dh), with any strides whose last is 1: (B, Tq, H, Dh), contiguous.
// A query that sees no key gives zeros; scores of -6e29 and less count as not seen. float32, bfloat16
// (float32 arithmetic), float64 (composed). The bias and the head mask may be float32 beside bfloat16.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});

// Self-attention on one fused projection: qkv (B, T, 3, H, Dh) holds queries, keys and values side by side,
// and its gradient is written in place as one tensor. (B, T, H, Dh)
Tensor attention_fused(const Tensor& qkv, const AttentionOptions& options = {});

// The same for queries of one sequence and keys and values of another: q (B, Tq, H, Dh) and one projection
// kv (B, Tk, 2, H, Dh). (B, Tq, H, Dh)
Tensor attention_fused(const Tensor& q, const Tensor& kv, const AttentionOptions& options = {});

// The weights softmax(scale q k^T + bias) themselves, without dropout: (B, H, Tq, Tk) float32 (float64 for
// float64), for looking at. Going backward through them throws.
Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options = {});

}  // namespace attune::ops
