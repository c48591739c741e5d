#include "attune/models/itransformer/itransformer.h"

#include "attune/models/forecasting/forecast_config.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/forecasting/instance_norm.h"
#include "attune/models/forecasting/torch_initial_values.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

constexpr double norm_epsilon = 1e-5;

ITransformerConfig validated(const ITransformerConfig& config) {
  config.validate();
  return config;
}

std::vector<nn::EncoderLayer> make_layers(const nn::Scope& scope, const ITransformerConfig& config) {
  const nn::LayerOptions options{.width = config.d_model,
                                 .heads = config.n_heads,
                                 .hidden = config.d_ff,
                                 .activation = config.activation,
                                 .dropout = config.dropout,
                                 .attention_dropout = config.dropout,
                                 .activation_dropout = config.dropout,
                                 .norm_epsilon = norm_epsilon};
  const nn::Initializer of_width = torch_linear(config.d_model);
  const nn::LayerInitializers initializers{.attention_input = of_width,
                                           .attention_output = of_width,
                                           .expand = of_width,
                                           .contract = torch_linear(config.d_ff)};
  std::vector<nn::EncoderLayer> layers;
  for (std::int64_t i = 0; i < config.e_layers; ++i) layers.emplace_back(scope / i, options, initializers);
  return layers;
}

bool sees_future(const ITransformerConfig& config) {
  return config.sizes.future_covariates > 0 || (config.future_calendar && !config.sizes.calendar.empty());
}

// Columns of a table of steps (B, T, columns) as rows: (B, columns, T).
Tensor as_rows(const Tensor& table) { return ops::contiguous(ops::transpose(table, 1, 2)); }

void expect_shape(const char* name, const Tensor& tensor, std::int64_t steps, std::int64_t columns) {
  check(tensor.defined() && tensor.rank() == 3 && tensor.dim(1) == steps && tensor.dim(2) == columns,
        "iTransformer: {} has shape {}, expected (B, {}, {})", name,
        tensor.defined() ? tensor.shape().to_string() : "(none)", steps, columns);
}

}  // namespace

ITransformer::ITransformer(const ITransformerConfig& config)
    : config_(validated(config)),
      embedding_(nn::Scope(parameters_) / "embedding", config.sizes.context, config.d_model,
                 torch_linear(config.sizes.context)),
      dropout_{config.dropout},
      layers_(make_layers(nn::Scope(parameters_) / "layers", config)),
      norm_(nn::Scope(parameters_) / "norm", config.d_model, norm_epsilon),
      projection_(nn::Scope(parameters_) / "projection", config.d_model,
                  config.head.outputs() * config.sizes.horizon, torch_linear(config.d_model)) {
  const std::int64_t steps = config.sizes.context + config.sizes.horizon;
  if (sees_future(config))
    future_embedding_.emplace(nn::Scope(parameters_) / "future_embedding", steps, config.d_model,
                              torch_linear(steps));
}

Tensor ITransformer::tokens(const Tensor& past, const ForecastInputs& inputs,
                            const nn::Context& context) const {
  const ForecastSizes& sizes = config_.sizes;
  const std::int64_t steps = sizes.context + sizes.horizon, fields = std::ssize(sizes.calendar);
  std::vector<Tensor> of_past{past}, of_future;  // (B, columns, L), (B, columns, L + H)
  if (sizes.future_covariates > 0) {
    expect_shape("the future covariates", inputs.future_values, steps, sizes.future_covariates);
    of_future.push_back(as_rows(inputs.future_values));
  }
  if (fields > 0) {
    expect_shape("the calendar", inputs.calendar, steps, fields);
    config_.future_calendar ? of_future.push_back(as_rows(inputs.calendar))
                            : of_past.push_back(as_rows(ops::slice(inputs.calendar, 1, 0, sizes.context)));
  }
  const auto embedded = [&](const nn::Linear& embedding, const std::vector<Tensor>& variates) {
    const Tensor all = variates.size() == 1 ? variates.front() : ops::concatenate(variates, 1);
    return embedding(nn::for_products(all, context));  // (B, columns, D)
  };
  Tensor tokens = embedded(embedding_, of_past);  // (B, N, D)
  if (future_embedding_) tokens = ops::concatenate({tokens, embedded(*future_embedding_, of_future)}, 1);
  return dropout_(ops::cast(tokens, past.dtype()), context);
}

ForecastOutput ITransformer::forecast(const ForecastInputs& inputs, const nn::Context& context) const {
  const ForecastSizes& sizes = config_.sizes;
  expect_shape("the past", inputs.past, sizes.context, sizes.channels());
  ForecastOutput output;
  const Tensor past =
      config_.use_norm ? normalized_past(inputs, sizes, output) : as_rows(inputs.past);  // (B, C + P, L)
  Tensor x = tokens(past, inputs, context);                                              // (B, N, D)
  for (const nn::EncoderLayer& layer : layers_) x = layer(x, {}, context);
  const Tensor targets = norm_(ops::slice(x, 1, 0, sizes.targets), context);  // (B, C, D)
  output.outputs = as_outputs(projection_(targets), config_.head);            // (B, H, C, Q)
  return output;
}

void ITransformer::initialize(Generator& generator) const { initialize_as_torch(parameters_, generator); }

void ITransformer::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, itransformer_weight_table(), directory, options).stored;
}

const WeightTable& ITransformer::weight_table() const { return itransformer_weight_table(); }

void ITransformer::save(const std::filesystem::path& directory) const {
  save_weights(parameters_, itransformer_weight_table(), directory, stored_);
  write_itransformer_config(config_, directory);
}

std::unique_ptr<ITransformer> load_itransformer(const std::filesystem::path& directory,
                                                const LoadOptions& options) {
  auto model = std::make_unique<ITransformer>(read_itransformer_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
