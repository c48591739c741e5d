#include "attune/models/patchtst/patchtst.h"

#include <cmath>

#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/forecasting/instance_norm.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

using Pooling = PatchTstConfig::Pooling;
using Scaling = PatchTstConfig::Scaling;

PatchTstConfig validated(const PatchTstConfig& config) {
  config.validate();
  return config;
}

ops::PatchOptions patch_options(const PatchTstConfig& config) {
  return {.length = config.patch_length,
          .stride = config.patch_stride,
          .padding = config.end_padding ? config.patch_stride : 0};
}

std::int64_t tokens_of(const PatchTstConfig& config) {
  return config.patches() + (config.use_cls_token ? 1 : 0);
}

std::vector<PatchTstLayer> make_layers(const nn::Scope& scope, const PatchTstConfig& config) {
  std::vector<PatchTstLayer> layers;
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layers.emplace_back(scope / i, config);
  return layers;
}

ChannelLinear make_projection(const nn::Scope& scope, const PatchTstConfig& config) {
  const bool whole = !config.use_cls_token && config.pooling_type == Pooling::none;
  const std::int64_t in = config.d_model * (whole ? config.patches() : 1);
  const bool is_distribution = config.head.kind == ForecastHead::Kind::student_t;
  return ChannelLinear(scope / (is_distribution ? "distribution" : "projection"), in,
                       config.head.outputs() * config.sizes.horizon,
                       config.share_projection ? 0 : config.sizes.targets,
                       nn::Initializer::normal(config.init_std));
}

// Sines in even columns, cosines in odd ones, and then a mean of 0 and a deviation of 0.1 over the table, as
// Hugging Face has them.
Tensor sinusoids(std::int64_t count, std::int64_t width) {
  std::vector<double> table;
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      const double rate =
          std::exp(-std::log(10000.0) / static_cast<double>(width) * static_cast<double>(j / 2 * 2));
      const double angle = static_cast<double>(i) * rate;
      table.push_back(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
      sum += table.back();
    }
  }
  const double size = static_cast<double>(table.size()), mean = sum / size;
  for (double& value : table) value -= mean;
  for (const double value : table) squares += value * value;
  const double deviation = std::sqrt(squares / std::max(size - 1, 1.0));
  std::vector<float> values;
  for (const double value : table)
    values.push_back(static_cast<float>(deviation > 0 ? value / (10 * deviation) : 0));
  return Tensor::from(values, {count, width});
}

// Where the head has a location, for effects that move forecasts as they are: (Q).
Tensor moved_outputs(const ForecastHead& head) {
  if (head.kind == ForecastHead::Kind::student_t) return Tensor::from<float>({0, 1, 0}, {3});
  return Tensor::full({head.outputs()}, 1);
}

void expect_past(const Tensor& past, const ForecastSizes& sizes) {
  check(past.defined() && past.rank() == 3 && past.dim(1) == sizes.context && past.dim(2) == sizes.channels(),
        "PatchTST: the past has shape {}, expected (B, {}, {})",
        past.defined() ? past.shape().to_string() : "(none)", sizes.context, sizes.channels());
}

}  // namespace

PatchTst::PatchTst(const PatchTstConfig& config)
    : config_(validated(config)),
      embedding_(nn::Scope(parameters_) / "embedding", config.patch_length, config.d_model,
                 config.share_embedding ? 0 : config.sizes.channels(),
                 nn::Initializer::normal(config.init_std)),
      positional_dropout_{config.positional_dropout},
      head_dropout_{config.head_dropout},
      layers_(make_layers(nn::Scope(parameters_) / "layers", config)),
      projection_(make_projection(nn::Scope(parameters_), config)) {
  const nn::Scope scope(parameters_);
  const Shape positions{tokens_of(config), config.d_model};
  positions_ = config.positional_encoding_type == PatchTstConfig::Positions::learned
                   ? scope.parameter("positions", positions, nn::Initializer::normal(1))
                   : scope.buffer("positions", positions, nn::Initializer::zeros());
  if (config.use_cls_token)
    cls_token_ = scope.parameter("cls_token", {1, 1, 1, config.d_model}, nn::Initializer::normal(0.02));
  if (config.calendar_effect) calendar_effect_.emplace(scope / "calendar_effect", config);
  table_ = patchtst_weight_table(parameters_);
}

// patches (B, C, N, D) -> (B, C, N, D), or N + 1 tokens with that of the class.
Tensor PatchTst::with_positions(const Tensor& patches, const nn::Context& context) const {
  if (!config_.use_cls_token) return positional_dropout_(ops::add(patches, positions_), context);
  const std::int64_t count = patches.dim(2);
  const Tensor placed = positional_dropout_(ops::add(patches, ops::slice(positions_, 0, 1, count + 1)),
                                            context);                          // (B, C, N, D)
  const Tensor first = ops::add(cls_token_, ops::slice(positions_, 0, 0, 1));  // (1, 1, 1, D)
  const Tensor everywhere = Tensor::zeros({patches.dim(0), patches.dim(1), 1, patches.dim(3)});
  return ops::concatenate({ops::add(everywhere, first), placed}, 2);
}

// past (B, C, L) -> (B, C, N, D)
Tensor PatchTst::encode(const Tensor& past, const nn::Context& context) const {
  const Tensor patches = ops::patches(past, patch_options(config_));  // (B, C, N, P)
  const Tensor embedded = ops::cast(embedding_(nn::for_products(patches, context)), past.dtype());
  Tensor x = with_positions(embedded, context);  // (B, C, N, D)
  for (const PatchTstLayer& layer : layers_) x = layer(x, context);
  return x;
}

// (B, C, N, D) -> (B, H, C, Q), of the targets alone
Tensor PatchTst::read(const Tensor& encoded, const nn::Context& context) const {
  const std::int64_t targets = config_.sizes.targets;
  Tensor x = encoded.dim(1) == targets ? encoded : ops::slice(encoded, 1, 0, targets);
  const Shape flat{x.dim(0), targets, -1};
  if (config_.use_cls_token) {
    x = ops::slice(x, 2, 0, 1);  // (B, C, 1, D)
  } else if (config_.pooling_type == Pooling::mean) {
    x = ops::scale(ops::sum(x, 2), 1 / static_cast<double>(x.dim(2)));  // (B, C, D)
  }
  x = head_dropout_(nn::for_products(ops::reshape(x, flat), context), context);  // (B, C, N D)
  return as_outputs(projection_(x), config_.head);
}

ForecastOutput PatchTst::forecast(const ForecastInputs& inputs, const nn::Context& context) const {
  const ForecastSizes& sizes = config_.sizes;
  expect_past(inputs.past, sizes);
  ForecastOutput output;
  Tensor past;  // (B, C, L)
  if (config_.scaling == Scaling::none) {
    past = ops::contiguous(ops::transpose(inputs.past, 1, 2));
  } else {
    using Scale = ops::WindowNormOptions::Scale;
    past =
        normalized_past(inputs, sizes, output,
                        {.scale = config_.scaling == Scaling::deviation ? Scale::deviation : Scale::magnitude,
                         .missing_at_mean = config_.missing_at_mean});
  }
  if (!calendar_effect_) {
    output.outputs = read(encode(past, context), context);
    return output;
  }
  // What the calendar explains is taken out of the past and put into the forecast.
  const std::int64_t steps = sizes.context + sizes.horizon;
  const Tensor effect = (*calendar_effect_)(inputs, context);                            // (B, L + H, C)
  const Tensor of_past = ops::transpose(ops::slice(effect, 1, 0, sizes.context), 1, 2);  // (B, C, L)
  const Tensor rest = ops::add(past, ops::scale(of_past, -1));
  const Tensor of_future =
      ops::slice(ops::slice(effect, 1, sizes.context, steps), 2, 0, sizes.targets);  // (B, H, C)
  const Tensor moved = ops::multiply(ops::reshape(of_future, {past.dim(0), sizes.horizon, sizes.targets, 1}),
                                     moved_outputs(config_.head));  // (B, H, C, Q)
  output.outputs = ops::add(ops::cast(read(encode(rest, context), context), moved.dtype()), moved);
  return output;
}

void PatchTst::initialize(Generator& generator) const {
  parameters_.initialize(generator);
  if (config_.positional_encoding_type == PatchTstConfig::Positions::sinusoidal)
    positions_.bind(sinusoids(positions_.dim(0), positions_.dim(1)));
}

void PatchTst::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, table_, directory, options).stored;
}

void PatchTst::save(const std::filesystem::path& directory) const {
  const io::StoredType type = save_weights(parameters_, table_, directory, stored_);
  write_patchtst_config(config_, directory, type);
}

std::unique_ptr<PatchTst> load_patchtst(const std::filesystem::path& directory, const LoadOptions& options) {
  auto model = std::make_unique<PatchTst>(read_patchtst_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
