#include "attune/models/informer/layers.h"

#include "attune/models/forecasting/torch_initial_values.h"
#include "attune/nn/residual.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

nn::ProbSparseAttention attention(const nn::Scope& scope, const InformerConfig& config, bool causal) {
  const nn::LayerInitializers start = nn::within_fan_in(config.blocks.layer());
  return {scope,
          {.width = config.blocks.d_model,
           .heads = config.blocks.n_heads,
           .factor = config.factor,
           .causal = causal},
          start.attention_input,
          start.attention_output};
}

nn::LayerNorm norm(const nn::Scope& scope, const InformerConfig& config) {
  return {scope, config.blocks.d_model, config.blocks.layer().norm_epsilon};
}

nn::FeedForward feed_forward(const nn::Scope& scope, const InformerConfig& config) {
  const nn::LayerOptions layer = config.blocks.layer();
  const nn::LayerInitializers start = nn::within_fan_in(layer);
  return {scope,
          layer.width,
          layer.hidden,
          layer.activation,
          start.expand,
          start.contract,
          layer.activation_dropout};
}

}  // namespace

InformerEncoderLayer::InformerEncoderLayer(const nn::Scope& scope, const InformerConfig& config)
    : self_attention(attention(scope / "self_attention", config, false)),
      self_attention_norm_(norm(scope / "self_attention_norm", config)),
      feed_forward_(feed_forward(scope / "feed_forward", config)),
      feed_forward_norm_(norm(scope / "feed_forward_norm", config)),
      dropout_{config.blocks.dropout} {}

Tensor InformerEncoderLayer::operator()(const Tensor& x, const nn::Context& context) const {
  const Tensor attended = nn::post_norm(x, self_attention_norm_, context, [&](const Tensor& h) {
    return dropout_(self_attention(h, context), context);
  });  // (B, L, D)
  return nn::post_norm(attended, feed_forward_norm_, context, [&](const Tensor& h) {
    return dropout_(feed_forward_(h, context), context);
  });  // (B, L, D)
}

InformerDecoderLayer::InformerDecoderLayer(const nn::Scope& scope, const InformerConfig& config)
    : self_attention(attention(scope / "self_attention", config, true)),
      cross_attention(attention(scope / "cross_attention", config, false)),
      self_attention_norm_(norm(scope / "self_attention_norm", config)),
      cross_attention_norm_(norm(scope / "cross_attention_norm", config)),
      feed_forward_(feed_forward(scope / "feed_forward", config)),
      feed_forward_norm_(norm(scope / "feed_forward_norm", config)),
      dropout_{config.blocks.dropout} {}

Tensor InformerDecoderLayer::operator()(const Tensor& x, const Tensor& memory,
                                        const nn::Context& context) const {
  const auto sublayer = [&](const Tensor& stream, const nn::LayerNorm& norm, auto&& f) {
    return nn::post_norm(stream, norm, context, [&](const Tensor& h) { return dropout_(f(h), context); });
  };
  const Tensor written = sublayer(x, self_attention_norm_,
                                  [&](const Tensor& h) { return self_attention(h, context); });  // (B, T, D)
  const Tensor looked = sublayer(written, cross_attention_norm_, [&](const Tensor& h) {
    return cross_attention(h, memory, context);
  });  // (B, T, D)
  return sublayer(looked, feed_forward_norm_,
                  [&](const Tensor& h) { return feed_forward_(h, context); });  // (B, T, D)
}

Distilling::Distilling(const nn::Scope& scope, std::int64_t width)
    : convolution_(scope / "convolution", 3 * width, width, torch_linear(3 * width)),
      norm_(scope / "norm", width) {}

Tensor Distilling::operator()(const Tensor& x, const nn::Context& context) const {
  const Tensor windows = ops::circular_windows(nn::for_products(x, context), 3, 2);  // (B, L + 2, 3 D)
  const Tensor normed = norm_(convolution_(windows), context, x.dtype());            // (B, L + 2, D)
  return ops::max_pool(ops::activation(normed, ops::ActivationKind::elu), 3, 2, 1);
}

}  // namespace attune::models
