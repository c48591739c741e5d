#include "attune/models/gpt2/family.h"

#include "attune/models/gpt2/gpt2.h"

namespace attune::models {

Gpt2Family::Gpt2Family(const nlohmann::json& object, const ConfigFields& fields)
    : CausalTextFamily(object, fields, read_gpt2_fields(fields), "gpt2", "GPT2"),
      config_(read_gpt2_fields(fields)) {
  set_feed_forward(config_.n_inner);
}

WeightTable Gpt2Family::weights(bool with_head) const { return with_heads(gpt2_weight_table(), with_head); }

std::unique_ptr<TextEncoder> Gpt2Family::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<CausalTextEncoder<Gpt2Network>>(scope, config_, facts());
}

}  // namespace attune::models
