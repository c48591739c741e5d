// The Informer (Zhou et al., "Informer: Beyond Efficient Transformer for Long Sequence Time-Series
// Forecasting", 2012.07436) as the Time-Series-Library has it: an encoder-decoder on ProbSparse attention,
// whose encoder halves the sequence between its layers, and which fills the whole horizon in one pass.
//
// Shapes: B windows, L steps of the past, S start tokens (label_len), H steps to come, C targets, P past
// covariates, Q outputs of the head, D width.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
#include "attune/models/informer/config.h"
#include "attune/models/informer/layers.h"
#include "attune/nn/data_embedding.h"

namespace attune::models {

// Which keys are tried is drawn in training from the
// context's generator and otherwise from a fixed seed: a forecast is a function of its inputs.
class Informer : public Forecaster {
 public:
  explicit Informer(const InformerConfig& config);

  const InformerConfig& config() const { return config_; }
  const ForecastSizes& sizes() const override { return config_.blocks.sizes; }
  const ForecastHead& head() const override { return config_.blocks.head; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override { return table_; }

  ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const override;

  void save(const std::filesystem::path& directory) const override;

  // As a TimeTransformer's.
  void initialize(Generator& generator) const;
  void load(const std::filesystem::path& directory, const LoadOptions& options = {});

  // Replaces the drawing of keys in every attention: to compare with another implementation.
  void set_sampler(const nn::ProbSparseAttention::Sampler& sampler);

 private:
  Tensor encode(const ForecastInputs& inputs, const nn::Context& context) const;

  InformerConfig config_;
  WeightTable table_;
  nn::Parameters parameters_;
  nn::DataEmbedding encoder_embedding_;
  std::vector<InformerEncoderLayer> encoder_;
  std::vector<Distilling> distilling_;  // between the layers; none without distilling
  nn::LayerNorm encoder_norm_;
  nn::DataEmbedding decoder_embedding_;
  std::vector<InformerDecoderLayer> decoder_;
  nn::LayerNorm decoder_norm_;
  nn::Linear projection_;  // D -> C Q
  StoredTypes stored_;
};

// Of a directory with config.json and model.safetensors.
std::unique_ptr<Informer> load_informer(const std::filesystem::path& directory,
                                        const LoadOptions& options = {});

// The library's names for the parameters.
WeightTable informer_weight_table(const InformerConfig& config);

}  // namespace attune::models
