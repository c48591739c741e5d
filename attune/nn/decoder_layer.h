// A layer of the decoder (1706.03762, section 3.1 and the right half of figure 1).
#pragma once

#include "attune/nn/cross_attention.h"
#include "attune/nn/encoder_layer.h"

namespace attune::nn {

// What the decoder looks into: the output of the encoder.
struct Memory {
  Tensor values;  // (B, S, D), in the type that products run in
  Tensor mask;    // (B, S) bool: false for padding; undefined when nothing is padded
};

// LayerNorm(x + Sublayer(x)) for masked self-attention, then for attention to the encoder's output, then for
// the position-wise feed-forward network.
class DecoderLayer {
 public:
  DecoderLayer(const Scope& scope, const LayerOptions& options)
      : DecoderLayer(scope, options, glorot(options)) {}
  // `initializers` serve both kinds of attention.
  DecoderLayer(const Scope& scope, const LayerOptions& options, const LayerInitializers& initializers);

  // Teacher forcing: x (B, T, D) -> (B, T, D), each position from those before it.
  Tensor operator()(const Tensor& x, const Memory& memory, const Context& context) const;

  // The same for the last `count` positions alone: (B, count, D). What a model does not answer for needs no
  // more than keys and values in its last layer.
  Tensor last(const Tensor& x, std::int64_t count, const Memory& memory, const Context& context) const;

  // Step by step: what layer `index` of a cache has to know of the memory, and the new positions
  // x (B K, T, D) -> (B K, T, D), which continue what the cache holds.
  void remember(const Tensor& memory, DecoderCache& cache, std::int64_t index) const;
  Tensor operator()(const Tensor& x, const Context& context, DecoderCache& cache, std::int64_t index) const;

  const SelfAttention& self_attention() const { return self_attention_; }
  const CrossAttention& cross_attention() const { return cross_attention_; }

 private:
  // The three sub-layers around the two forms of attention.
  template <typename SelfAttend, typename CrossAttend>
  Tensor sublayers(const Tensor& x, const Context& context, SelfAttend&& self, CrossAttend&& cross) const;

  SelfAttention self_attention_;
  LayerNorm self_attention_norm_;
  CrossAttention cross_attention_;
  LayerNorm cross_attention_norm_;
  FeedForward feed_forward_;
  LayerNorm feed_forward_norm_;
  Dropout dropout_;
};

}  // namespace attune::nn
