// RoBERTa (Liu et al., 1907.11692) and XLM-RoBERTa (Conneau et al., 1911.02116): BERT's network, trained on
// more text without next sentences. Its positions begin after the padding token's id and pass padding over.
#pragma once

#include "attune/models/bert/bert.h"

namespace attune::models {

// As the config.json of RoBERTa-base says it.
BertConfig roberta_config();

// Position `padding` + n for the n-th token that is not padding, `padding` for padding.
TextPositions positions_after(std::int64_t padding);

class RobertaFamily : public BertFamily {
 public:
  explicit RobertaFamily(const BertConfig& config);
  // As config.json says it; its model_type is roberta or xlm-roberta.
  RobertaFamily(const nlohmann::json& object, const ConfigFields& fields);

  WeightTable weights(bool with_head) const override;

  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  VocabularyHead make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const override;
  HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_choice(const nn::Scope& scope) const override;
  HeadLayers make_pair(const nn::Scope&) const override { return {}; }
};

}  // namespace attune::models
