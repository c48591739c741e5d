// The configuration of a prefix language model. Hugging Face has no such class: its config.json is Attune's
// own ("model_type": "prefix-lm"), with the fields of a T5 for the blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "attune/models/t5/config.h"

namespace attune::models {

struct PrefixLmConfig {
  T5Config blocks;                 // its encoder's layers (num_layers), embedding and output
  std::int64_t n_positions = 512;  // the context: prefix and continuation together
  std::optional<std::int64_t> eos_token_id;

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

PrefixLmConfig read_prefix_lm_config(const std::filesystem::path& directory);
// `type` is the widest that the weights are stored in.
void write_prefix_lm_config(const PrefixLmConfig& config, const std::filesystem::path& directory,
                            io::StoredType type);

}  // namespace attune::models
