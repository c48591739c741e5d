#include "attune/models/informer/informer.h"

#include "attune/models/forecasting/torch_initial_values.h"
#include "attune/models/time_transformer/inputs.h"
#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

InformerConfig validated(const InformerConfig& config) {
  config.validate();
  return config;
}

template <typename Layer, typename Size>
std::vector<Layer> stack(const nn::Scope& scope, std::int64_t count, const Size& size) {
  std::vector<Layer> layers;
  for (std::int64_t i = 0; i < count; ++i) layers.emplace_back(scope / i, size);
  return layers;
}

}  // namespace

Informer::Informer(const InformerConfig& config)
    : config_(validated(config)),
      table_(informer_weight_table(config)),
      encoder_embedding_(nn::Scope(parameters_) / "encoder_embedding", config.blocks.encoder_embedding()),
      encoder_(stack<InformerEncoderLayer>(nn::Scope(parameters_) / "encoder" / "layers",
                                           config.blocks.e_layers, config)),
      distilling_(stack<Distilling>(nn::Scope(parameters_) / "encoder" / "distilling",
                                    config.distil ? config.blocks.e_layers - 1 : 0, config.blocks.d_model)),
      encoder_norm_(nn::Scope(parameters_) / "encoder" / "norm", config.blocks.d_model, 1e-5),
      decoder_embedding_(nn::Scope(parameters_) / "decoder_embedding", config.blocks.decoder_embedding()),
      decoder_(stack<InformerDecoderLayer>(nn::Scope(parameters_) / "decoder" / "layers",
                                           config.blocks.d_layers, config)),
      decoder_norm_(nn::Scope(parameters_) / "decoder" / "norm", config.blocks.d_model, 1e-5),
      projection_(nn::Scope(parameters_) / "decoder" / "projection", config.blocks.d_model,
                  config.blocks.sizes.targets * config.blocks.head.outputs(),
                  torch_linear(config.blocks.d_model)) {}

Tensor Informer::encode(const ForecastInputs& inputs, const nn::Context& context) const {
  const nn::TimeMarks marks = marks_of(inputs).steps(0, sizes().context);
  Tensor x = encoder_embedding_(inputs.past, marks, 0, context);  // (B, L, D)
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    x = encoder_[i](x, context);                                 // (B, L, D)
    if (i < distilling_.size()) x = distilling_[i](x, context);  // (B, L / 2 + 1, D)
  }
  return encoder_norm_(x, context);  // (B, L', D)
}

ForecastOutput Informer::forecast(const ForecastInputs& inputs, const nn::Context& context) const {
  ForecastOutput output;
  const ForecastInputs seen = seen_inputs(inputs, config_.blocks, "Informer", output);
  const std::int64_t label = config_.blocks.label_len, length = sizes().context, horizon = sizes().horizon;
  const Tensor memory = encode(seen, context);
  const nn::TimeMarks marks = marks_of(seen).steps(length - label, length + horizon);
  Tensor x = decoder_embedding_(with_placeholders(seen, label, horizon), marks, 0, context);  // (B, S + H, D)
  for (const InformerDecoderLayer& layer : decoder_) x = layer(x, memory, context);
  const Tensor answers = ops::slice(x, 1, label, label + horizon);        // (B, H, D)
  const Tensor projected = projection_(decoder_norm_(answers, context));  // (B, H, C Q)
  output.outputs = split_outputs(projected, sizes(), head());             // (B, H, C, Q)
  return output;
}

void Informer::set_sampler(const nn::ProbSparseAttention::Sampler& sampler) {
  for (InformerEncoderLayer& layer : encoder_) layer.self_attention.set_sampler(sampler);
  for (InformerDecoderLayer& layer : decoder_) {
    layer.self_attention.set_sampler(sampler);
    layer.cross_attention.set_sampler(sampler);
  }
}

void Informer::save(const std::filesystem::path& directory) const {
  write_informer_config(config_, directory);
  save_weights(parameters_, table_, directory, stored_);
}

void Informer::initialize(Generator& generator) const { initialize_as_torch(parameters_, generator); }

void Informer::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, table_, directory, options).stored;
}

std::unique_ptr<Informer> load_informer(const std::filesystem::path& directory, const LoadOptions& options) {
  auto model = std::make_unique<Informer>(read_informer_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
