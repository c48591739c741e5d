// The layers of T5 (Raffel et al., 1910.10683, section 2.1): those of the Transformer, but the normalisation
// stands before each sub-layer, outside of the residual path, and only divides by the root mean square;
// nothing has a bias; and scores are not scaled but get a bias by relative position, which a stack shares.
#pragma once

#include <variant>

#include "attune/models/t5/config.h"
#include "attune/nn/attention.h"
#include "attune/nn/cross_attention.h"
#include "attune/nn/decoder_layer.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/gated_feed_forward.h"
#include "attune/nn/relative_position_bias.h"
#include "attune/nn/rms_norm.h"
#include "attune/ops/add/add.h"

namespace attune::models {

// x + Dropout(f(RMSNorm(x))), in x's type.
struct T5Residual {
  nn::RmsNorm norm;
  nn::Dropout dropout;

  template <typename Sublayer>
  Tensor operator()(const Tensor& x, const nn::Context& context, Sublayer&& f) const {
    return ops::add(x, dropout(f(norm(x, context)), context));
  }
};

// The feed-forward network: with ReLU (version 1.0) or a gate (version 1.1).
using T5FeedForward = std::variant<nn::FeedForward, nn::GatedFeedForward>;

// Self-attention, then the feed-forward network: a layer of the encoder, and of a decoder without an encoder.
class T5Layer {
 public:
  T5Layer(const nn::Scope& scope, const T5Config& config);

  // x (B, T, D) -> (B, T, D). `mask` says who sees whom, and has the stack's bias. With a cache, x holds the
  // new positions only.
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context) const;
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                    nn::KeyValueCache& cache, std::int64_t index) const;

 private:
  template <typename Attend>
  Tensor sublayers(const Tensor& x, const nn::Context& context, Attend&& attend) const;

  nn::SelfAttention self_attention_;
  T5Residual self_attention_residual_;
  T5FeedForward feed_forward_;
  T5Residual feed_forward_residual_;
};

// A layer of the decoder, which looks at the encoder's output in between.
class T5DecoderLayer {
 public:
  T5DecoderLayer(const nn::Scope& scope, const T5Config& config);

  // Teacher forcing: x (B, T, D) -> (B, T, D).
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Memory& memory,
                    const nn::Context& context) const;

  // Step by step, as nn::DecoderLayer.
  void remember(const Tensor& memory, nn::DecoderCache& cache, std::int64_t index) const;
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                    nn::DecoderCache& cache, std::int64_t index) const;

 private:
  template <typename SelfAttend, typename CrossAttend>
  Tensor sublayers(const Tensor& x, const nn::Context& context, SelfAttend&& self, CrossAttend&& cross) const;

  nn::SelfAttention self_attention_;
  T5Residual self_attention_residual_;
  nn::CrossAttention cross_attention_;
  T5Residual cross_attention_residual_;
  T5FeedForward feed_forward_;
  T5Residual feed_forward_residual_;
};

// The bias of a stack: (buckets, H) at `scope`.
nn::RelativePositionBias t5_position_bias(const nn::Scope& scope, const T5Config& config, bool bidirectional);

// Allocates every parameter and draws its first values, as parameters.initialize() does; the queries of
// self-attention start smaller by sqrt(Dh), in place of the scale that scores do not have.
void initialize_t5(const nn::Parameters& parameters, const T5Config& config, Generator& generator);

}  // namespace attune::models
