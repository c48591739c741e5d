// iTransformer (Liu et al., 2310.06625): the Transformer's encoder turned round. A token is a whole variate,
// its past mapped to the width by one matrix, so that attention is among variates, and each token's forecast
// is read off by another (figure 4).
//
// Shapes: B windows, L steps of the past, H of the future, C targets, P past covariates, K future covariates,
// F calendar fields, N tokens, D width, Q outputs of the head.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
#include "attune/nn/encoder_layer.h"

namespace attune::models {

// The sizes of the Time-Series-Library for small sets of data.
struct ITransformerConfig {
  ForecastSizes sizes = {};
  ForecastHead head = {};
  std::int64_t d_model = 128;  // the width D
  std::int64_t n_heads = 8;
  std::int64_t e_layers = 2;
  std::int64_t d_ff = 128;  // the feed-forward width
  double dropout = 0.1;
  ops::ActivationKind activation = ops::ActivationKind::gelu;  // or relu
  bool use_norm = true;  // reversible instance normalisation of the variates
  // Calendar fields become variates: of the past, or of the past and the horizon.
  bool future_calendar = false;

  // Throws UsageError naming the field for what makes no model.
  void validate() const;
};

// Errors name the file and the field.
ITransformerConfig read_itransformer_config(const std::filesystem::path& directory);
void write_itransformer_config(const ITransformerConfig& config, const std::filesystem::path& directory);

class ITransformer : public Forecaster {
 public:
  explicit ITransformer(const ITransformerConfig& config);

  const ITransformerConfig& config() const { return config_; }
  const ForecastSizes& sizes() const override { return config_.sizes; }
  const ForecastHead& head() const override { return config_.head; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override;

  // What each layer looks at goes to context.attention: (B, heads, N, N). The tokens are the C + P variates
  // of the past, then the calendar of the past, then the K future covariates, then the calendar of the
  // horizon.
  ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const override;
  void save(const std::filesystem::path& directory) const override;

  void initialize(Generator& generator) const;
  void load(const std::filesystem::path& directory, const LoadOptions& options = {});

 private:
  Tensor tokens(const Tensor& past, const ForecastInputs& inputs, const nn::Context& context) const;

  ITransformerConfig config_;
  nn::Parameters parameters_;
  nn::Linear embedding_;                        // L -> D
  std::optional<nn::Linear> future_embedding_;  // L + H -> D
  nn::Dropout dropout_;
  std::vector<nn::EncoderLayer> layers_;
  nn::LayerNorm norm_;
  nn::Linear projection_;  // D -> Q H
  StoredTypes stored_;
};

// The Time-Series-Library's names for our parameters.
const WeightTable& itransformer_weight_table();

std::unique_ptr<ITransformer> load_itransformer(const std::filesystem::path& directory,
                                                const LoadOptions& options = {});

}  // namespace attune::models
