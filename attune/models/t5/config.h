// The configuration of a T5, as in Hugging Face's config.json of a T5ForConditionalGeneration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "attune/io/safetensors.h"
#include "attune/ops/activation/activation.h"

namespace attune::models {

// T5-small of the paper (1910.10683, section 3.7) unless said otherwise.
struct T5Config {
  std::int64_t vocab_size = 32128;
  std::int64_t d_model = 512;  // the width D
  std::int64_t d_kv = 64;      // the width of a head, Dh
  std::int64_t d_ff = 2048;    // the feed-forward width F
  std::int64_t num_layers = 6, num_decoder_layers = 6;
  std::int64_t num_heads = 8;
  std::int64_t relative_attention_num_buckets = 32, relative_attention_max_distance = 128;
  double dropout_rate = 0.1;
  double layer_norm_epsilon = 1e-6;
  double initializer_factor = 1;
  // "relu" of version 1.0, "gated-gelu" of 1.1; the activation, and whether a gate multiplies it.
  ops::ActivationKind activation = ops::ActivationKind::relu;
  bool is_gated_act = false;
  // Version 1.0 shares the embedding with the output layer and divides what goes into that by sqrt(D).
  bool tie_word_embeddings = true, scale_decoder_outputs = true;

  // What generation_config.json tells Hugging Face too. A target starts with `decoder_start_token_id`.
  std::int64_t pad_token_id = 0, eos_token_id = 1, decoder_start_token_id = 0;
  std::optional<std::int64_t> forced_eos_token_id;
  std::vector<std::int64_t> suppressed_tokens;  // never generated ("bad_words_ids" of one token)
  // generation_config.json as it was read, or empty. What it says beyond the above is kept on saving.
  std::string generation_config;

  // Throws UsageError naming the field for sizes and tokens that make no model.
  void validate() const;
};

// Reads config.json, and generation_config.json if there is one, of a directory. What they ask for beyond a
// T5 is an error that names it.
T5Config read_t5_config(const std::filesystem::path& directory);

// Writes both. `type` is the widest that the weights are stored in.
void write_t5_config(const T5Config& config, const std::filesystem::path& directory, io::StoredType type);

// The fields that say what the blocks are, for other models made of them.
class ConfigFields;
void read_t5_blocks(const ConfigFields& fields, T5Config& config);
void write_t5_blocks(const T5Config& config, io::StoredType type, nlohmann::ordered_json& object);

}  // namespace attune::models
