// PatchTST (Nie et al., "A Time Series is Worth 64 Words", 2211.14730): patches of a channel are the tokens,
// and one network forecasts each channel from its own past.
//
// Shapes: B windows, L steps of the past, H of the future, C channels (targets first), N patches of P values,
// D width, Q outputs of the head.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "attune/models/forecasting/channel_linear.h"
#include "attune/models/forecasting/forecaster.h"
#include "attune/models/patchtst/config.h"
#include "attune/models/patchtst/layers.h"

namespace attune::models {

class PatchTst : public Forecaster {
 public:
  explicit PatchTst(const PatchTstConfig& config);

  const PatchTstConfig& config() const { return config_; }
  const ForecastSizes& sizes() const override { return config_.sizes; }
  const ForecastHead& head() const override { return config_.head; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override { return table_; }

  // What each layer looks at goes to context.attention: (B C, heads, N, N) among the patches of each channel,
  // and after it, with channel_attention, (B N, heads, C, C).
  ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const override;
  void save(const std::filesystem::path& directory) const override;

  // As Hugging Face starts: matrices from a normal distribution, biases 0, learned positions of variance 1.
  void initialize(Generator& generator) const;
  void load(const std::filesystem::path& directory, const LoadOptions& options = {});

 private:
  Tensor encode(const Tensor& past, const nn::Context& context) const;
  Tensor with_positions(const Tensor& patches, const nn::Context& context) const;
  Tensor read(const Tensor& encoded, const nn::Context& context) const;

  PatchTstConfig config_;
  nn::Parameters parameters_;
  ChannelLinear embedding_;       // P -> D
  Tensor positions_, cls_token_;  // (N, D), N + 1 with the token (1, 1, 1, D)
  nn::Dropout positional_dropout_, head_dropout_;
  std::vector<PatchTstLayer> layers_;
  ChannelLinear projection_;  // N D, or D of a pooled state, -> Q H
  std::optional<CalendarEffect> calendar_effect_;
  WeightTable table_;
  StoredTypes stored_;
};

// Hugging Face's names (PatchTSTForPrediction) for these parameters; those that Hugging Face does not have
// keep ours.
WeightTable patchtst_weight_table(const nn::Parameters& parameters);

std::unique_ptr<PatchTst> load_patchtst(const std::filesystem::path& directory,
                                        const LoadOptions& options = {});

}  // namespace attune::models
