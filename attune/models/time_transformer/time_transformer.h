// The Transformer of "Attention Is All You Need" (Vaswani et al., 1706.03762) for time series, as the
// Time-Series-Library has it: the encoder reads the past, the decoder begins with its last steps and goes on.
//
// Shapes: B windows, L steps of the past, S start tokens (label_len), H steps to come, T steps of the
// decoder, C targets, P past covariates, Q outputs of the head, D width.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
#include "attune/models/time_transformer/config.h"
#include "attune/nn/decoder_layer.h"

namespace attune::models {

class TimeTransformer : public Forecaster {
 public:
  explicit TimeTransformer(const TimeTransformerConfig& config);

  const TimeTransformerConfig& config() const { return config_; }
  const ForecastSizes& sizes() const override { return config_.sizes; }
  const ForecastHead& head() const override { return config_.head; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override { return table_; }

  // In one pass; or autoregressive, one step at a time and without gradients. Where attention is looked at,
  // the decoder's weights in the latter case are those of a masked pass over what was forecast.
  ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const override;

  // One masked pass over the truth, when autoregressive; else forecast().
  ForecastOutput teach(const ForecastInputs& inputs, const ForecastTruth& truth,
                       const nn::Context& context) const override;

  void save(const std::filesystem::path& directory) const override;

  // Allocates every parameter and draws its first values as PyTorch and the Time-Series-Library do: matrices
  // and biases uniformly within 1 / sqrt(inputs), embeddings as nn::DataEmbedding says.
  void initialize(Generator& generator) const;
  // Binds every parameter to its tensor of the directory.
  void load(const std::filesystem::path& directory, const LoadOptions& options = {});

  // Below, values are as the network sees them: with `use_norm`, in units of the window.

  // The past (B, L, C + P) -> (B, L, D), in the type that products run in.
  Tensor encode(const ForecastInputs& inputs, const nn::Context& context) const;

  // Forecasts outputs (B, T, C, Q) from the values that the decoder is given, each from those up to its own
  // step, and the marks of the T steps that are forecast. Of all steps, the last `wanted`.
  Tensor decode(const Tensor& values, const nn::TimeMarks& marks, const Tensor& memory, std::int64_t wanted,
                const nn::Context& context) const;

  // Step by step: values (B, T, C) that continue those which the cache has seen -> (B, T, C, Q).
  nn::DecoderCache make_cache(const Tensor& memory) const;
  Tensor decode(const Tensor& values, const nn::TimeMarks& marks, nn::DecoderCache& cache,
                const nn::Context& context) const;

 private:
  Tensor start_tokens(const ForecastInputs& inputs) const;
  Tensor fill(const ForecastInputs& inputs, const Tensor& memory, const nn::Context& context) const;
  Tensor roll(const ForecastInputs& inputs, const Tensor& memory, const nn::Context& context) const;
  Tensor taught(const ForecastInputs& inputs, const Tensor& truth, const Tensor& memory,
                const nn::Context& context) const;
  Tensor project(const Tensor& hidden, const nn::Context& context) const;

  TimeTransformerConfig config_;
  WeightTable table_;
  nn::Parameters parameters_;
  nn::DataEmbedding encoder_embedding_;
  std::vector<nn::EncoderLayer> encoder_;
  nn::LayerNorm encoder_norm_;
  nn::DataEmbedding decoder_embedding_;
  std::vector<nn::DecoderLayer> decoder_;
  nn::LayerNorm decoder_norm_;
  nn::Linear projection_;  // D -> C Q
  StoredTypes stored_;
};

// Of a directory with config.json and model.safetensors.
std::unique_ptr<TimeTransformer> load_time_transformer(const std::filesystem::path& directory,
                                                       const LoadOptions& options = {});

}  // namespace attune::models
