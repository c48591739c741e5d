// GPT as a family of texts: the network under the heads of attune/models/text/heads.h.
#pragma once

#include "attune/models/gpt/config.h"
#include "attune/models/text/causal_family.h"

namespace attune::models {

class GptFamily : public CausalTextFamily {
 public:
  // As config.json says it.
  GptFamily(const nlohmann::json& object, const ConfigFields& fields);

  WeightTable weights(bool with_head) const override;
  // OpenAIGPTDoubleHeadsModel calls the token embedding by the name of the output layer, to which it is tied.
  WeightTable choice_weights() const override;
  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  Tensor next_token_weight(const TextEncoder& encoder) const override { return encoder.word_embedding(); }

 private:
  GptConfig config_;
};

}  // namespace attune::models
