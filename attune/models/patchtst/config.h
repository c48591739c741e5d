// The configuration of a PatchTST, as in Hugging Face's config.json of a PatchTSTForPrediction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "attune/io/safetensors.h"
#include "attune/models/forecasting/forecaster.h"
#include "attune/nn/temporal_embedding.h"
#include "attune/ops/activation/activation.h"

namespace attune::models {

// The paper's sizes for sets of data that are not small (2211.14730, appendix A.1.4).
struct PatchTstConfig {
  ForecastSizes sizes = {};
  ForecastHead head;  // in Hugging Face's words, "loss" and "distribution_output"

  std::int64_t patch_length = 16, patch_stride = 8;
  std::int64_t d_model = 128;  // the width D
  std::int64_t num_attention_heads = 16;
  std::int64_t num_hidden_layers = 3;
  std::int64_t ffn_dim = 256;
  bool bias = true;  // in the feed-forward networks
  ops::ActivationKind activation_function = ops::ActivationKind::gelu;

  enum class Norm { batch, layer } norm_type = Norm::batch;
  double norm_eps = 1e-5;
  bool pre_norm = false;  // the norm stands before each sub-layer; else after the sum

  enum class Positions { learned, sinusoidal } positional_encoding_type = Positions::learned;
  bool share_embedding = true;     // else each channel has a map of patches of its own
  bool channel_attention = false;  // layers attend among the channels of a patch, too
  bool use_cls_token = false;      // a token before the patches, which the head reads
  enum class Pooling { none, mean } pooling_type = Pooling::none;  // of what the head reads
  bool share_projection = true;                                    // else each channel has a head of its own
  enum class Scaling { none, deviation, magnitude } scaling = Scaling::deviation;  // of the window

  double attention_dropout = 0, positional_dropout = 0, ff_dropout = 0.2, head_dropout = 0;
  double path_dropout = 0.2;  // of each sub-layer's output
  double init_std = 0.02;

  // What Hugging Face's model does not have; absent from config.json where it is not used.
  bool end_padding = true;      // the last value is repeated over one more stride, as in the paper
  bool missing_at_mean = true;  // ops::WindowNormOptions::missing_at_mean
  // How the calendar is embedded for an effect of its own, shared by past and future; none: no such effect,
  // and the calendar is not looked at.
  std::optional<nn::TemporalEmbeddingKind> calendar_effect = {};

  std::int64_t patches() const;  // N

  // Throws UsageError naming the field for what makes no model.
  void validate() const;
};

// Errors name the file and the field, as what Hugging Face's configuration may ask for and this model does
// not have.
PatchTstConfig read_patchtst_config(const std::filesystem::path& directory);

// `type` is the widest that the weights are stored in.
void write_patchtst_config(const PatchTstConfig& config, const std::filesystem::path& directory,
                           io::StoredType type);

}  // namespace attune::models
