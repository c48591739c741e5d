// The configuration of a GPT-2, as in Hugging Face's config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "attune/ops/activation/activation.h"

namespace attune::models {

struct Gpt2Config {
  std::int64_t vocab_size = 50257;
  std::int64_t n_positions = 1024;  // the context: how many tokens the model can see
  std::int64_t n_embd = 768;        // the width D
  std::int64_t n_layer = 12;
  std::int64_t n_head = 12;
  std::int64_t n_inner = 3072;  // the feed-forward width F
  ops::ActivationKind activation_function = ops::ActivationKind::gelu_tanh;
  double resid_pdrop = 0.1, embd_pdrop = 0.1, attn_pdrop = 0.1;
  double layer_norm_epsilon = 1e-5;
  double initializer_range = 0.02;
  bool tie_word_embeddings = true;
  std::optional<std::int64_t> bos_token_id, eos_token_id, pad_token_id;

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

class ConfigFields;

// From the object of a config.json. What it asks for beyond the paper is an error that names the field.
Gpt2Config read_gpt2_fields(const ConfigFields& fields);
// Reads config.json of a directory. What it asks for beyond a plain GPT-2 is an error that names it.
Gpt2Config read_gpt2_config(const std::filesystem::path& directory);

// Writes config.json and generation_config.json.
void write_gpt2_config(const Gpt2Config& config, const std::filesystem::path& directory);

}  // namespace attune::models
