// A layer of the encoder (1706.03762, section 3.1 and the left half of figure 1).
#pragma once

#include "attune/nn/attention.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/layer_norm.h"

namespace attune::nn {

// Shapes: B sequences, S source tokens, T target tokens, D width, F feed-forward width.
struct LayerOptions {
  std::int64_t width, heads, hidden;  // D, H, F
  ops::ActivationKind activation = ops::ActivationKind::relu;
  double dropout = 0;             // of the output of each sub-layer (section 5.4)
  double attention_dropout = 0;   // of the attention weights
  double activation_dropout = 0;  // of the feed-forward network's hidden values
  double norm_epsilon = 1e-5;

  SelfAttention::Options attention() const { return {width, heads, attention_dropout}; }
};

// How the matrices of a layer start out: those that heads and hidden units read from, and those that write
// back.
struct LayerInitializers {
  Initializer attention_input, attention_output, expand, contract;
};

// Uniform with Glorot and Bengio's (2010) bound sqrt(6 / (in + out)), where the projections to queries, keys
// and values count as one matrix (D, 3 D), as in torch.nn.MultiheadAttention.
LayerInitializers glorot(const LayerOptions& options);
// Uniform within 1 / sqrt(in), as PyTorch's Linear and Conv1d start out.
LayerInitializers within_fan_in(const LayerOptions& options);

// LayerNorm(x + Sublayer(x)) for multi-head self-attention, then for the position-wise feed-forward network.
class EncoderLayer {
 public:
  EncoderLayer(const Scope& scope, const LayerOptions& options)
      : EncoderLayer(scope, options, glorot(options)) {}
  EncoderLayer(const Scope& scope, const LayerOptions& options, const LayerInitializers& initializers);

  // x (B, S, D) -> (B, S, D), in x's type. `mask` says who sees whom.
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const Context& context) const;

  // Packs the matrices for inference on many tokens.
  void pack() {
    self_attention_.pack();
    feed_forward_.pack();
  }

  const SelfAttention& self_attention() const { return self_attention_; }

 private:
  SelfAttention self_attention_;
  LayerNorm self_attention_norm_;
  FeedForward feed_forward_;
  LayerNorm feed_forward_norm_;
  Dropout dropout_;
};

}  // namespace attune::nn
