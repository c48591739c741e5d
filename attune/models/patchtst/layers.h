// The encoder of PatchTST (Nie et al., 2211.14730, section 3.1): the Transformer's, with batch normalisation.
//
// Shapes: B windows, C channels, N patches, D width.
#pragma once

#include <optional>
#include <variant>

#include "attune/models/patchtst/config.h"
#include "attune/nn/attention.h"
#include "attune/nn/batch_norm.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/layer_norm.h"

namespace attune::models {

// Batch or layer normalisation.
class PatchTstNorm {
 public:
  PatchTstNorm(const nn::Scope& scope, const PatchTstConfig& config);

  // The result has the type that products run in.
  Tensor operator()(const Tensor& x, const nn::Context& context) const;
  // The norm of x + branch, in x's type.
  Tensor of_sum(const Tensor& x, const Tensor& branch, const nn::Context& context) const;

 private:
  std::variant<nn::LayerNorm, nn::BatchNorm> norm_;
};

class PatchTstLayer {
 public:
  PatchTstLayer(const nn::Scope& scope, const PatchTstConfig& config);

  // x (B, C, N, D) -> (B, C, N, D): attention among the patches of a channel, then among the channels of a
  // patch where the configuration asks for it, then the feed-forward network.
  Tensor operator()(const Tensor& x, const nn::Context& context) const;

 private:
  template <typename Sublayer>
  Tensor residual(const Tensor& x, const PatchTstNorm& norm, const nn::Context& context, Sublayer&& f) const;

  nn::SelfAttention attention_;
  PatchTstNorm patches_norm_;
  std::optional<PatchTstNorm> channels_norm_;
  nn::FeedForward feed_forward_;
  PatchTstNorm feed_forward_norm_;
  nn::Dropout dropout_;
  bool pre_norm_;
};

// What the calendar and known covariates add to each channel at each step, in units of the window: two layers
// on an embedding of time. It starts as nothing. Channel by channel, a network sees no more of the future
// than this.
class CalendarEffect {
 public:
  CalendarEffect(const nn::Scope& scope, const PatchTstConfig& config);

  // (B, L + H, C)
  Tensor operator()(const ForecastInputs& inputs, const nn::Context& context) const;

 private:
  nn::TemporalEmbedding embedding_;
  nn::Linear hidden_, output_;
};

}  // namespace attune::models
