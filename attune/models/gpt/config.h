// The configuration of a GPT, as in Hugging Face's config.json of an OpenAIGPTLMHeadModel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "attune/ops/activation/activation.h"

namespace attune::models {

// The sizes of the paper (Radford et al., 2018, section 4.1) unless said otherwise.
struct GptConfig {
  std::int64_t vocab_size = 40478;
  std::int64_t n_positions = 512;  // the context: how many tokens the model can see
  std::int64_t n_embd = 768;       // the width D
  std::int64_t n_layer = 12;
  std::int64_t n_head = 12;
  ops::ActivationKind afn = ops::ActivationKind::gelu_tanh;
  double resid_pdrop = 0.1, embd_pdrop = 0.1, attn_pdrop = 0.1;
  double layer_norm_epsilon = 1e-5;
  double initializer_range = 0.02;
  std::optional<std::int64_t> bos_token_id, eos_token_id, pad_token_id;

  std::int64_t feed_forward_width() const { return 4 * n_embd; }

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

class ConfigFields;

// From the object of a config.json. What it asks for beyond the paper is an error that names the field.
GptConfig read_gpt_fields(const ConfigFields& fields);
// Reads config.json of a directory. What it asks for beyond the paper's GPT is an error that names it.
GptConfig read_gpt_config(const std::filesystem::path& directory);

// Writes config.json and generation_config.json.
void write_gpt_config(const GptConfig& config, const std::filesystem::path& directory);

}  // namespace attune::models
