// DLinear (Zeng et al., "Are Transformers Effective for Time Series Forecasting?", 2205.13504, section 4): a
// linear map of what a moving average says, and one of what it leaves over. It keeps Transformers honest.
//
// Shapes: B windows, L steps of the past, H of the future, C targets, Q outputs of the head.
#pragma once

#include <filesystem>
#include <memory>

#include "attune/models/forecasting/channel_linear.h"
#include "attune/models/forecasting/forecaster.h"

namespace attune::models {

struct DLinearConfig {
  ForecastSizes sizes = {};
  ForecastHead head = {};
  std::int64_t moving_avg = 25;  // steps of the moving average
  bool individual = false;       // maps of its own for each target
  bool use_norm = false;         // reversible instance normalisation, which the paper's model does without

  // Throws UsageError naming the field for what makes no model. Each target is forecast from its own past
  // alone, so that covariates are refused; a calendar is passed over.
  void validate() const;
};

// Errors name the file and the field.
DLinearConfig read_dlinear_config(const std::filesystem::path& directory);
void write_dlinear_config(const DLinearConfig& config, const std::filesystem::path& directory);

class DLinear : public Forecaster {
 public:
  explicit DLinear(const DLinearConfig& config);

  const DLinearConfig& config() const { return config_; }
  const ForecastSizes& sizes() const override { return config_.sizes; }
  const ForecastHead& head() const override { return config_.head; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override;

  ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const override;
  void save(const std::filesystem::path& directory) const override;

  // Allocates every parameter. Both maps start as the mean of the past, as the reference does.
  void initialize(Generator& generator) const;
  void load(const std::filesystem::path& directory, const LoadOptions& options = {});

 private:
  DLinearConfig config_;
  nn::Parameters parameters_;
  ChannelLinear seasonal_, trend_;  // L -> Q H
  StoredTypes stored_;
};

// The Time-Series-Library's names for our parameters.
const WeightTable& dlinear_weight_table();

std::unique_ptr<DLinear> load_dlinear(const std::filesystem::path& directory,
                                      const LoadOptions& options = {});

}  // namespace attune::models
