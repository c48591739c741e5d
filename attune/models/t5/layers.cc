#include "attune/models/t5/layers.h"

#include <algorithm>
#include <cmath>

namespace attune::models {
namespace {

// Mesh TensorFlow's initial values, which keep unscaled scores small: normal with the inverse square root of
// what goes in. (The queries of self-attention start smaller: initialize_t5().)
nn::Initializer inverse_root(const T5Config& config, std::int64_t in) {
  return nn::Initializer::normal(config.initializer_factor / std::sqrt(static_cast<double>(in)));
}

template <typename Attention>
Attention attention(const nn::Scope& scope, const T5Config& config) {
  return Attention(scope,
                   {.width = config.d_model,
                    .heads = config.num_heads,
                    .dropout = config.dropout_rate,
                    .head_width = config.d_kv,
                    .scale = 1,
                    .with_bias = false},
                   inverse_root(config, config.d_model),
                   inverse_root(config, config.num_heads * config.d_kv));
}

T5Residual residual(const nn::Scope& scope, const T5Config& config) {
  return {nn::RmsNorm(scope, config.d_model, config.layer_norm_epsilon), {config.dropout_rate}};
}

T5FeedForward feed_forward(const nn::Scope& scope, const T5Config& config) {
  const auto in = inverse_root(config, config.d_model), out = inverse_root(config, config.d_ff);
  if (config.is_gated_act)
    return nn::GatedFeedForward(scope, config.d_model, config.d_ff, config.activation, in, out,
                                config.dropout_rate);
  return nn::FeedForward(scope, config.d_model, config.d_ff, config.activation, in, out, config.dropout_rate,
                         /*with_bias=*/false);
}

Tensor apply(const T5FeedForward& feed_forward, const Tensor& x, const nn::Context& context) {
  return std::visit([&](const auto& network) { return network(x, context); }, feed_forward);
}

}  // namespace

nn::RelativePositionBias t5_position_bias(const nn::Scope& scope, const T5Config& config,
                                          bool bidirectional) {
  return nn::RelativePositionBias(scope,
                                  {.count = config.relative_attention_num_buckets,
                                   .max_distance = config.relative_attention_max_distance,
                                   .bidirectional = bidirectional},
                                  config.num_heads, inverse_root(config, config.d_model));
}

void initialize_t5(const nn::Parameters& parameters, const T5Config& config, Generator& generator) {
  parameters.initialize(generator);
  const std::int64_t rows = config.num_heads * config.d_kv;
  for (const nn::Parameter& parameter : parameters.all()) {
    if (!parameter.name.ends_with("self_attention.query_key_value.weight")) continue;
    float* queries = parameter.tensor.mutable_data<float>();  // the first H Dh rows of (3 H Dh, D)
    const auto shrink = static_cast<float>(1 / std::sqrt(static_cast<double>(config.d_kv)));
    std::for_each_n(queries, rows * config.d_model, [shrink](float& value) { value *= shrink; });
  }
}

T5Layer::T5Layer(const nn::Scope& scope, const T5Config& config)
    : self_attention_(attention<nn::SelfAttention>(scope / "self_attention", config)),
      self_attention_residual_(residual(scope / "self_attention_norm", config)),
      feed_forward_(feed_forward(scope / "feed_forward", config)),
      feed_forward_residual_(residual(scope / "feed_forward_norm", config)) {}

template <typename Attend>
Tensor T5Layer::sublayers(const Tensor& x, const nn::Context& context, Attend&& attend) const {
  const Tensor attended = self_attention_residual_(x, context, attend);  // (B, T, D)
  return feed_forward_residual_(attended, context,
                                [&](const Tensor& h) { return apply(feed_forward_, h, context); });
}

Tensor T5Layer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                           const nn::Context& context) const {
  return sublayers(x, context, [&](const Tensor& h) { return self_attention_(h, mask, context); });
}

Tensor T5Layer::operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                           nn::KeyValueCache& cache, std::int64_t index) const {
  return sublayers(x, context,
                   [&](const Tensor& h) { return self_attention_(h, mask, context, cache, index); });
}

T5DecoderLayer::T5DecoderLayer(const nn::Scope& scope, const T5Config& config)
    : self_attention_(attention<nn::SelfAttention>(scope / "self_attention", config)),
      self_attention_residual_(residual(scope / "self_attention_norm", config)),
      cross_attention_(attention<nn::CrossAttention>(scope / "cross_attention", config)),
      cross_attention_residual_(residual(scope / "cross_attention_norm", config)),
      feed_forward_(feed_forward(scope / "feed_forward", config)),
      feed_forward_residual_(residual(scope / "feed_forward_norm", config)) {}

template <typename SelfAttend, typename CrossAttend>
Tensor T5DecoderLayer::sublayers(const Tensor& x, const nn::Context& context, SelfAttend&& self,
                                 CrossAttend&& cross) const {
  const Tensor written = self_attention_residual_(x, context, self);         // (B, T, D)
  const Tensor looked = cross_attention_residual_(written, context, cross);  // (B, T, D)
  return feed_forward_residual_(looked, context,
                                [&](const Tensor& h) { return apply(feed_forward_, h, context); });
}

Tensor T5DecoderLayer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                                  const nn::Memory& memory, const nn::Context& context) const {
  return sublayers(
      x, context, [&](const Tensor& h) { return self_attention_(h, mask, context); },
      [&](const Tensor& h) { return cross_attention_(h, memory.values, memory.mask, context); });
}

void T5DecoderLayer::remember(const Tensor& memory, nn::DecoderCache& cache, std::int64_t index) const {
  cross_attention_.remember(memory, cache, index);
}

Tensor T5DecoderLayer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                                  const nn::Context& context, nn::DecoderCache& cache,
                                  std::int64_t index) const {
  return sublayers(
      x, context, [&](const Tensor& h) { return self_attention_(h, mask, context, cache, index); },
      [&](const Tensor& h) { return cross_attention_(h, cache, index); });
}

}  // namespace attune::models
