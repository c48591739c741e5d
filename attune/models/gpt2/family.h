// GPT-2 as a family of texts: the network under the heads of attune/models/text/heads.h.
#pragma once

#include "attune/models/gpt2/config.h"
#include "attune/models/text/causal_family.h"

namespace attune::models {

class Gpt2Family : public CausalTextFamily {
 public:
  // As config.json says it.
  Gpt2Family(const nlohmann::json& object, const ConfigFields& fields);

  WeightTable weights(bool with_head) const override;
  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  // An output layer of its own is not part of Hugging Face's classes with other heads.
  Tensor next_token_weight(const TextEncoder& encoder) const override {
    return config_.tie_word_embeddings ? encoder.word_embedding() : Tensor();
  }

 private:
  Gpt2Config config_;
};

}  // namespace attune::models
