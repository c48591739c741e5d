#include "attune/nn/encoder_layer.h"

#include <cmath>

#include "attune/nn/residual.h"

namespace attune::nn {

LayerInitializers glorot(const LayerOptions& options) {
  const auto between = [](std::int64_t in, std::int64_t out) {
    return Initializer::uniform(std::sqrt(6.0 / static_cast<double>(in + out)));
  };
  const std::int64_t width = options.width, hidden = options.hidden;
  return {.attention_input = between(width, 3 * width),
          .attention_output = between(width, width),
          .expand = between(width, hidden),
          .contract = between(hidden, width)};
}

LayerInitializers within_fan_in(const LayerOptions& options) {
  const auto of = [](std::int64_t in) {
    return Initializer::uniform(1 / std::sqrt(static_cast<double>(in)));
  };
  const Initializer width = of(options.width), hidden = of(options.hidden);
  return {.attention_input = width, .attention_output = width, .expand = width, .contract = hidden};
}

EncoderLayer::EncoderLayer(const Scope& scope, const LayerOptions& options,
                           const LayerInitializers& initializers)
    : self_attention_(scope / "self_attention", options.attention(), initializers.attention_input,
                      initializers.attention_output),
      self_attention_norm_(scope / "self_attention_norm", options.width, options.norm_epsilon),
      feed_forward_(scope / "feed_forward", options.width, options.hidden, options.activation,
                    initializers.expand, initializers.contract, options.activation_dropout),
      feed_forward_norm_(scope / "feed_forward_norm", options.width, options.norm_epsilon),
      dropout_{options.dropout} {}

Tensor EncoderLayer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                                const Context& context) const {
  const Tensor attended = post_norm(x, self_attention_norm_, context, [&](const Tensor& h) {
    return dropout_(self_attention_(h, mask, context), context);
  });  // (B, S, D)
  return post_norm(attended, feed_forward_norm_, context, [&](const Tensor& h) {
    return dropout_(feed_forward_(h, context), context);
  });  // (B, S, D)
}

}  // namespace attune::nn
