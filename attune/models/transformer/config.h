// The configuration of a Transformer encoder-decoder, as in Hugging Face's config.json of a MarianMTModel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attune/nn/encoder_layer.h"

namespace attune::models {

// The sizes of the paper's base model (1706.03762, table 3) unless said otherwise.
struct TransformerConfig {
  std::int64_t vocab_size = 37000;             // V, shared by source and target
  std::int64_t max_position_embeddings = 512;  // the most tokens of a source, and of a target
  std::int64_t d_model = 512;                  // the width D
  std::int64_t encoder_layers = 6, decoder_layers = 6;
  std::int64_t encoder_attention_heads = 8, decoder_attention_heads = 8;
  std::int64_t encoder_ffn_dim = 2048, decoder_ffn_dim = 2048;  // the feed-forward width F
  ops::ActivationKind activation_function = ops::ActivationKind::relu;
  double dropout = 0.1, attention_dropout = 0, activation_dropout = 0;
  bool scale_embedding = true;  // by sqrt(D) (section 3.4)

  // What generation_config.json tells Hugging Face too. The target starts with `decoder_start_token_id`.
  std::int64_t pad_token_id = 0, eos_token_id = 2, decoder_start_token_id = 1;
  std::optional<std::int64_t> bos_token_id;
  std::optional<std::int64_t> forced_eos_token_id;  // written as the last token of a target cut short
  std::vector<std::int64_t> suppressed_tokens;      // never generated ("bad_words_ids" of one token)
  bool renormalize_logits = false;                  // the others' probabilities sum to 1 without them
  // generation_config.json as it was read, or empty. What it says beyond the above is kept on saving.
  std::string generation_config;

  // Throws UsageError naming the field for sizes and tokens that make no model.
  void validate() const;

  nn::LayerOptions encoder() const;
  nn::LayerOptions decoder() const;
};

// Reads config.json, and generation_config.json if there is one, of a directory. What they ask for beyond the
// paper's architecture is an error that names it.
TransformerConfig read_transformer_config(const std::filesystem::path& directory);

// Writes both.
void write_transformer_config(const TransformerConfig& config, const std::filesystem::path& directory);

}  // namespace attune::models
