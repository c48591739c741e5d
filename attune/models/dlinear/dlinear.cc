#include "attune/models/dlinear/dlinear.h"

#include "attune/models/forecasting/forecast_config.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/forecasting/instance_norm.h"
#include "attune/models/forecasting/torch_initial_values.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

DLinearConfig validated(const DLinearConfig& config) {
  config.validate();
  return config;
}

ChannelLinear map_of_past(const nn::Scope& scope, const DLinearConfig& config) {
  return ChannelLinear(scope, config.sizes.context, config.head.outputs() * config.sizes.horizon,
                       config.individual ? config.sizes.targets : 0, torch_linear(config.sizes.context));
}

}  // namespace

DLinear::DLinear(const DLinearConfig& config)
    : config_(validated(config)),
      seasonal_(map_of_past(nn::Scope(parameters_) / "seasonal", config)),
      trend_(map_of_past(nn::Scope(parameters_) / "trend", config)) {}

ForecastOutput DLinear::forecast(const ForecastInputs& inputs, const nn::Context& context) const {
  check(inputs.past.rank() == 3 && inputs.past.dim(1) == config_.sizes.context &&
            inputs.past.dim(2) == config_.sizes.targets,
        "DLinear: the past has shape {}, expected (B, {}, {})", inputs.past.shape(), config_.sizes.context,
        config_.sizes.targets);
  ForecastOutput output;
  const Tensor past = config_.use_norm ? normalized_past(inputs, config_.sizes, output)
                                       : ops::contiguous(ops::transpose(inputs.past, 1, 2));  // (B, C, L)
  const Tensor trend = ops::moving_average(past, config_.moving_avg);                         // (B, C, L)
  const Tensor seasonal = ops::add(past, ops::scale(trend, -1));                              // (B, C, L)
  const Tensor sum = ops::add(seasonal_(nn::for_products(seasonal, context)),
                              trend_(nn::for_products(trend, context)));  // (B, C, Q H)
  output.outputs = as_outputs(sum, config_.head);                         // (B, H, C, Q)
  return output;
}

void DLinear::initialize(Generator& generator) const {
  initialize_as_torch(parameters_, generator);
  for (const nn::Parameter& parameter : parameters_.all()) {
    const Tensor& tensor = parameter.tensor;
    if (tensor.rank() == 2)
      tensor.bind(Tensor::full(tensor.shape(), 1 / static_cast<double>(config_.sizes.context)));
  }
}

void DLinear::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, dlinear_weight_table(), directory, options).stored;
}

const WeightTable& DLinear::weight_table() const { return dlinear_weight_table(); }

void DLinear::save(const std::filesystem::path& directory) const {
  save_weights(parameters_, dlinear_weight_table(), directory, stored_);
  write_dlinear_config(config_, directory);
}

const WeightTable& dlinear_weight_table() {
  static const WeightTable table{.prefixes = {""},
                                 .rules = {{"seasonal.weight", "Linear_Seasonal.weight"},
                                           {"seasonal.bias", "Linear_Seasonal.bias"},
                                           {"trend.weight", "Linear_Trend.weight"},
                                           {"trend.bias", "Linear_Trend.bias"},
                                           {"seasonal.{}.weight", "Linear_Seasonal.{}.weight"},
                                           {"seasonal.{}.bias", "Linear_Seasonal.{}.bias"},
                                           {"trend.{}.weight", "Linear_Trend.{}.weight"},
                                           {"trend.{}.bias", "Linear_Trend.{}.bias"}},
                                 .ignored = {}};
  return table;
}

std::unique_ptr<DLinear> load_dlinear(const std::filesystem::path& directory, const LoadOptions& options) {
  auto model = std::make_unique<DLinear>(read_dlinear_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
