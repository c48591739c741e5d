// The configuration of a Transformer for forecasting: the Time-Series-Library's names and values, in a
// config.json with "model_type": "time_transformer".
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "attune/models/forecasting/forecaster.h"
#include "attune/nn/data_embedding.h"
#include "attune/nn/encoder_layer.h"

namespace attune::models {

class ConfigFields;

struct TimeTransformerConfig {
  ForecastSizes sizes = {};
  ForecastHead head = {};
  std::int64_t label_len = 48;  // start tokens: the last steps of the past that the decoder begins with
  std::int64_t d_model = 512;   // the width D
  std::int64_t n_heads = 8;
  std::int64_t e_layers = 2, d_layers = 1;
  std::int64_t d_ff = 2048;  // the feed-forward width F
  double dropout = 0.1;      // of embeddings, sub-layers, hidden values and attention weights
  ops::ActivationKind activation = ops::ActivationKind::gelu;                     // or relu
  nn::ValueEmbeddingKind value_embedding = nn::ValueEmbeddingKind::convolution3;  // "conv3"
  nn::TemporalEmbeddingKind embed = nn::TemporalEmbeddingKind::scaled;            // "timeF"
  bool concatenate_temporal = false;  // fields of the calendar side by side and projected, not summed
  bool use_norm = false;              // reversible instance normalisation, which the papers' models lack
  enum class Decoding {
    // The decoder gets zeros in place of what is to come and fills all of them at once, as the Informer does
    // (2012.07436, section 3.3).
    one_pass,
    // Each value is forecast from those before it: the truth in training, its own forecasts later. The
    // decoder embeds values step by step (no convolution sees the future).
    autoregressive,
  } decoding = Decoding::one_pass;

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;

  nn::LayerOptions layer() const;
  // Of the past and of what the decoder is given.
  nn::DataEmbedding::Options encoder_embedding() const;
  nn::DataEmbedding::Options decoder_embedding() const;
};

// Reads config.json of a directory. What it asks for beyond these models is an error that names it.
TimeTransformerConfig read_time_transformer_config(const std::filesystem::path& directory);
void write_time_transformer_config(const TimeTransformerConfig& config,
                                   const std::filesystem::path& directory);

// The fields that say what the blocks are (all but "decoding"), for other models made of them.
void read_time_transformer_blocks(const ConfigFields& fields, TimeTransformerConfig& config);
void write_time_transformer_blocks(const TimeTransformerConfig& config, nlohmann::ordered_json& object);

}  // namespace attune::models
