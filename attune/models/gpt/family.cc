#include "attune/models/gpt/family.h"

#include "attune/models/gpt/gpt.h"

namespace attune::models {

GptFamily::GptFamily(const nlohmann::json& object, const ConfigFields& fields)
    : CausalTextFamily(object, fields, read_gpt_fields(fields), "openai-gpt", "OpenAIGPT"),
      config_(read_gpt_fields(fields)) {
  set_feed_forward(config_.feed_forward_width());
}

WeightTable GptFamily::weights(bool with_head) const { return with_heads(gpt_weight_table(), with_head); }

WeightTable GptFamily::choice_weights() const {
  WeightTable table = weights(/*with_head=*/true);
  for (WeightRule& rule : table.rules) {
    if (rule.ours == "token_embedding.weight")
      rule = {.ours = rule.ours,
              .checkpoint = "lm_head.weight",
              .prefixed = false,
              .ties = {"transformer.tokens_embed.weight", "tokens_embed.weight"}};
  }
  return table;
}

std::unique_ptr<TextEncoder> GptFamily::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<CausalTextEncoder<GptNetwork>>(scope, config_, facts());
}

}  // namespace attune::models
