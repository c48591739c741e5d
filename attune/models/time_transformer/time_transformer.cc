#include "attune/models/time_transformer/time_transformer.h"

#include "attune/autograd/tape.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/forecasting/instance_norm.h"
#include "attune/models/forecasting/torch_initial_values.h"
#include "attune/models/time_transformer/inputs.h"
#include "attune/models/time_transformer/weights.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

constexpr const char* model_name = "Transformer for time series";

TimeTransformerConfig validated(const TimeTransformerConfig& config) {
  config.validate();
  return config;
}

template <typename Layer>
std::vector<Layer> stack(const nn::Scope& scope, std::int64_t count, const nn::LayerOptions& options) {
  std::vector<Layer> layers;
  for (std::int64_t i = 0; i < count; ++i)
    layers.emplace_back(scope / "layers" / i, options, nn::within_fan_in(options));
  return layers;
}

bool rolls(const TimeTransformerConfig& config) {
  return config.decoding == TimeTransformerConfig::Decoding::autoregressive;
}

Tensor last_steps(const Tensor& x, std::int64_t count) {
  return count == x.dim(1) ? x : ops::slice(x, 1, x.dim(1) - count, x.dim(1));
}

}  // namespace

TimeTransformer::TimeTransformer(const TimeTransformerConfig& config)
    : config_(validated(config)),
      table_(time_transformer_weight_table(config)),
      encoder_embedding_(nn::Scope(parameters_) / "encoder_embedding", config.encoder_embedding()),
      encoder_(stack<nn::EncoderLayer>(nn::Scope(parameters_) / "encoder", config.e_layers, config.layer())),
      encoder_norm_(nn::Scope(parameters_) / "encoder" / "norm", config.d_model, 1e-5),
      decoder_embedding_(nn::Scope(parameters_) / "decoder_embedding", config.decoder_embedding()),
      decoder_(stack<nn::DecoderLayer>(nn::Scope(parameters_) / "decoder", config.d_layers, config.layer())),
      decoder_norm_(nn::Scope(parameters_) / "decoder" / "norm", config.d_model, 1e-5),
      projection_(nn::Scope(parameters_) / "decoder" / "projection", config.d_model,
                  config.sizes.targets * config.head.outputs(), torch_linear(config.d_model)) {}

Tensor TimeTransformer::encode(const ForecastInputs& inputs, const nn::Context& context) const {
  const nn::TimeMarks marks = marks_of(inputs).steps(0, config_.sizes.context);
  Tensor x = encoder_embedding_(inputs.past, marks, 0, context);  // (B, L, D)
  for (const nn::EncoderLayer& layer : encoder_) x = layer(x, {}, context);
  return encoder_norm_(x, context);  // (B, L, D)
}

Tensor TimeTransformer::project(const Tensor& hidden, const nn::Context& context) const {
  return split_outputs(projection_(decoder_norm_(hidden, context)), config_.sizes, config_.head);
}

Tensor TimeTransformer::decode(const Tensor& values, const nn::TimeMarks& marks, const Tensor& memory,
                               std::int64_t wanted, const nn::Context& context) const {
  Tensor x = decoder_embedding_(values, marks, 0, context);  // (B, T, D)
  for (std::size_t i = 0; i + 1 < decoder_.size(); ++i) x = decoder_[i](x, {memory, {}}, context);
  const nn::DecoderLayer& top = decoder_.back();
  // Nobody asks for the start tokens' outputs, unless to see where they look.
  x = context.attention == nullptr ? top.last(x, wanted, {memory, {}}, context)
                                   : last_steps(top(x, {memory, {}}, context), wanted);  // (B, wanted, D)
  return project(x, context);                                                            // (B, wanted, C, Q)
}

nn::DecoderCache TimeTransformer::make_cache(const Tensor& memory) const {
  nn::DecoderCache cache({.layers = config_.d_layers,
                          .sources = memory.dim(0),
                          .hypotheses = 1,
                          .capacity = config_.label_len + config_.sizes.horizon - 1,
                          .heads = config_.n_heads,
                          .head_width = config_.d_model / config_.n_heads},
                         {});
  for (std::size_t i = 0; i < decoder_.size(); ++i)
    decoder_[i].remember(memory, cache, static_cast<std::int64_t>(i));
  return cache;
}

Tensor TimeTransformer::decode(const Tensor& values, const nn::TimeMarks& marks, nn::DecoderCache& cache,
                               const nn::Context& context) const {
  Tensor x = decoder_embedding_(values, marks, cache.length(), context);  // (B, T, D)
  for (std::size_t i = 0; i < decoder_.size(); ++i)
    x = decoder_[i](x, context, cache, static_cast<std::int64_t>(i));
  cache.advance(values.dim(1));
  return project(x, context);  // (B, T, C, Q)
}

// The targets of the last label_len steps: (B, S, C).
Tensor TimeTransformer::start_tokens(const ForecastInputs& inputs) const {
  return ops::slice(last_steps(inputs.past, config_.label_len), 2, 0, config_.sizes.targets);
}

// A value stands at the place of the step that it helps to forecast, the one after its own: the decoder knows
// the marks of that step, and the start tokens forecast the steps from L - S + 1 on.
Tensor TimeTransformer::taught(const ForecastInputs& inputs, const Tensor& truth, const Tensor& memory,
                               const nn::Context& context) const {
  const std::int64_t length = config_.sizes.context, horizon = config_.sizes.horizon;
  const Tensor values =
      ops::concatenate({start_tokens(inputs), ops::slice(truth, 1, 0, horizon - 1)}, 1);  // (B, S + H - 1, C)
  const nn::TimeMarks marks = marks_of(inputs).steps(length - config_.label_len + 1, length + horizon);
  return decode(values, marks, memory, horizon, context);  // (B, H, C, Q)
}

Tensor TimeTransformer::roll(const ForecastInputs& inputs, const Tensor& memory,
                             const nn::Context& context) const {
  const NoGrad no_grad;
  nn::Context unseen = context;
  unseen.attention = nullptr;
  const std::int64_t length = config_.sizes.context, horizon = config_.sizes.horizon;
  const nn::TimeMarks marks = marks_of(inputs);
  nn::DecoderCache cache = make_cache(memory);
  std::vector<Tensor> steps;  // (B, 1, C, Q) each
  Tensor values = start_tokens(inputs);
  std::int64_t first = length - config_.label_len + 1;
  for (std::int64_t end = length + 1; end <= length + horizon; first = end++) {
    steps.push_back(last_steps(decode(values, marks.steps(first, end), cache, unseen), 1));
    values = point_forecast(config_.head, {steps.back()});  // (B, 1, C)
  }
  const Tensor outputs = ops::concatenate(steps, 1);  // (B, H, C, Q)
  if (context.attention != nullptr) taught(inputs, point_forecast(config_.head, {outputs}), memory, context);
  return outputs;
}

Tensor TimeTransformer::fill(const ForecastInputs& inputs, const Tensor& memory,
                             const nn::Context& context) const {
  const std::int64_t length = config_.sizes.context, horizon = config_.sizes.horizon;
  const nn::TimeMarks marks = marks_of(inputs).steps(length - config_.label_len, length + horizon);
  const Tensor values = with_placeholders(inputs, config_.label_len, horizon);  // (B, S + H, C + P)
  return decode(values, marks, memory, horizon, context);                       // (B, H, C, Q)
}

ForecastOutput TimeTransformer::forecast(const ForecastInputs& inputs, const nn::Context& context) const {
  ForecastOutput output;
  const ForecastInputs seen = seen_inputs(inputs, config_, model_name, output);
  const Tensor memory = encode(seen, context);
  output.outputs = rolls(config_) ? roll(seen, memory, context) : fill(seen, memory, context);
  return output;
}

ForecastOutput TimeTransformer::teach(const ForecastInputs& inputs, const ForecastTruth& truth,
                                      const nn::Context& context) const {
  if (!rolls(config_)) return forecast(inputs, context);
  ForecastOutput output;
  const ForecastInputs seen = seen_inputs(inputs, config_, model_name, output);
  check(truth.values.shape() == Shape{inputs.past.dim(0), config_.sizes.horizon, config_.sizes.targets},
        "{}: the truth has shape {}, expected (B, {}, {})", model_name, truth.values.shape(),
        config_.sizes.horizon, config_.sizes.targets);
  output.outputs = taught(seen, in_units_of(output, truth), encode(seen, context), context);
  return output;
}

void TimeTransformer::save(const std::filesystem::path& directory) const {
  write_time_transformer_config(config_, directory);
  save_weights(parameters_, table_, directory, stored_);
}

void TimeTransformer::initialize(Generator& generator) const { initialize_as_torch(parameters_, generator); }

void TimeTransformer::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, table_, directory, options).stored;
}

std::unique_ptr<TimeTransformer> load_time_transformer(const std::filesystem::path& directory,
                                                       const LoadOptions& options) {
  auto model = std::make_unique<TimeTransformer>(read_time_transformer_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
