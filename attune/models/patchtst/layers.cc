#include "attune/models/patchtst/layers.h"

#include <cmath>

#include "attune/ops/ops.h"

namespace attune::models {
namespace {

std::variant<nn::LayerNorm, nn::BatchNorm> make_norm(const nn::Scope& scope, const PatchTstConfig& config) {
  if (config.norm_type == PatchTstConfig::Norm::layer)
    return nn::LayerNorm(scope, config.d_model, config.norm_eps);
  return nn::BatchNorm(scope / "batchnorm", config.d_model, config.norm_eps);
}

nn::TemporalEmbedding::Options time_options(const PatchTstConfig& config) {
  nn::TemporalEmbedding::Options options;
  for (const CalendarField& field : config.sizes.calendar) options.fields.push_back({field.name, field.size});
  options.covariates = config.sizes.future_covariates;
  options.kind = *config.calendar_effect;
  return options;
}

}  // namespace

PatchTstNorm::PatchTstNorm(const nn::Scope& scope, const PatchTstConfig& config)
    : norm_(make_norm(scope, config)) {}

Tensor PatchTstNorm::operator()(const Tensor& x, const nn::Context& context) const {
  return std::visit([&](const auto& norm) { return norm(x, context); }, norm_);
}

Tensor PatchTstNorm::of_sum(const Tensor& x, const Tensor& branch, const nn::Context& context) const {
  if (const auto* layer = std::get_if<nn::LayerNorm>(&norm_))
    return ops::residual_layer_norm(x, branch, layer->weight, layer->bias, layer->epsilon).normed;
  return std::get<nn::BatchNorm>(norm_)(ops::add(x, branch), context, x.dtype());
}

PatchTstLayer::PatchTstLayer(const nn::Scope& scope, const PatchTstConfig& config)
    : attention_(
          scope / "self_attention",
          {.width = config.d_model, .heads = config.num_attention_heads, .dropout = config.attention_dropout},
          nn::Initializer::normal(config.init_std), nn::Initializer::normal(config.init_std)),
      patches_norm_(scope / "patches_norm", config),
      feed_forward_(scope / "feed_forward", config.d_model, config.ffn_dim, config.activation_function,
                    nn::Initializer::normal(config.init_std), nn::Initializer::normal(config.init_std),
                    config.ff_dropout, config.bias),
      feed_forward_norm_(scope / "feed_forward_norm", config),
      dropout_{config.path_dropout},
      pre_norm_(config.pre_norm) {
  if (config.channel_attention) channels_norm_.emplace(scope / "channels_norm", config);
}

// x + Dropout(f(Norm(x))), or Norm(x + Dropout(f(x))).
template <typename Sublayer>
Tensor PatchTstLayer::residual(const Tensor& x, const PatchTstNorm& norm, const nn::Context& context,
                               Sublayer&& f) const {
  if (pre_norm_) return ops::add(x, dropout_(f(norm(x, context)), context));
  return norm.of_sum(x, dropout_(f(nn::for_products(x, context)), context), context);
}

Tensor PatchTstLayer::operator()(const Tensor& x, const nn::Context& context) const {
  const std::int64_t windows = x.dim(0), channels = x.dim(1), patches = x.dim(2), width = x.dim(3);
  const auto attend = [&](const Tensor& h) { return attention_(h, {}, context); };
  Tensor y = ops::reshape(x, {windows * channels, patches, width});  // (B C, N, D)
  y = residual(y, patches_norm_, context, attend);
  if (channels_norm_) {
    y = ops::transpose(ops::reshape(y, x.shape()), 1, 2);                        // (B, N, C, D)
    y = ops::reshape(ops::contiguous(y), {windows * patches, channels, width});  // (B N, C, D)
    y = residual(y, *channels_norm_, context, attend);
    y = ops::transpose(ops::reshape(y, {windows, patches, channels, width}), 1, 2);  // (B, C, N, D)
    y = ops::contiguous(y);
  }
  y = residual(ops::reshape(y, {windows * channels, patches, width}), feed_forward_norm_, context,
               [&](const Tensor& h) { return feed_forward_(h, context); });  // (B C, N, D)
  return ops::reshape(y, x.shape());
}

CalendarEffect::CalendarEffect(const nn::Scope& scope, const PatchTstConfig& config)
    : embedding_(scope / "embedding", time_options(config), config.d_model),
      hidden_(scope / "hidden", config.d_model, config.d_model,
              nn::Initializer::uniform(1 / std::sqrt(static_cast<double>(config.d_model)))),
      output_(scope / "output", config.d_model, config.sizes.channels(), nn::Initializer::zeros()) {}

Tensor CalendarEffect::operator()(const ForecastInputs& inputs, const nn::Context& context) const {
  const Tensor time =
      embedding_({inputs.calendar, inputs.calendar_indices, inputs.future_values});  // (B, L + H, D)
  const Tensor hidden = hidden_(nn::for_products(time, context), ops::ActivationKind::gelu);
  return ops::cast(output_(hidden), inputs.past.dtype());  // (B, L + H, C)
}

}  // namespace attune::models
