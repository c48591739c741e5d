// The configuration of an Informer: the Time-Series-Library's names and values, in a config.json with
// "model_type": "informer_tsl". Hugging Face's "informer" is another model (a distribution for every step,
// lagged inputs), and is refused.
#pragma once

#include "attune/models/time_transformer/config.h"

namespace attune::models {

struct InformerConfig {
  TimeTransformerConfig blocks = {};  // decodes in one pass
  std::int64_t factor = 3;            // of the logarithms that say how many queries attend and keys are tried
  bool distil = true;                 // layers of the encoder but the last halve the sequence

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

InformerConfig read_informer_config(const std::filesystem::path& directory);
void write_informer_config(const InformerConfig& config, const std::filesystem::path& directory);

}  // namespace attune::models
