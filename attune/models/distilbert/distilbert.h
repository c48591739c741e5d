// DistilBERT (Sanh et al., 1910.01108): half of BERT's layers, trained to give what BERT gives; no token
// types and no pooler.
//
// Shapes: B texts, T tokens, D width (dim), V vocabulary.
#pragma once

#include "attune/models/bert/bert.h"

namespace attune::models {

struct DistilBertConfig {
  std::int64_t vocab_size = 30522, max_position_embeddings = 512;
  std::int64_t n_layers = 6, n_heads = 12;
  std::int64_t dim = 768, hidden_dim = 3072;  // D and the feed-forward width F
  ops::ActivationKind activation = ops::ActivationKind::gelu;
  double dropout = 0.1, attention_dropout = 0.1;
  double qa_dropout = 0.1, seq_classif_dropout = 0.2;  // of what these heads read
  double initializer_range = 0.02;
  std::int64_t pad_token_id = 0;

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

class DistilBert : public TextEncoder {
 public:
  DistilBert(const nn::Scope& scope, const DistilBertConfig& config);

  Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const override;
  void pack() override;
  const Tensor& word_embedding() const override { return embeddings_.word.weight; }

 private:
  std::int64_t max_length_;
  TextEmbeddings embeddings_;
  TextLayers layers_;
};

class DistilBertFamily : public TextFamily {
 public:
  explicit DistilBertFamily(const DistilBertConfig& config);
  // As config.json says it.
  DistilBertFamily(const nlohmann::json& object, const ConfigFields& fields);

  const TextFacts& facts() const override { return facts_; }
  nlohmann::ordered_json config() const override;
  WeightTable weights(bool with_head) const override;

  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  HeadLayers make_pooler(const nn::Scope&) const override { return {}; }
  VocabularyHead make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const override;
  HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_choice(const nn::Scope& scope) const override { return make_classifier(scope, 1); }
  HeadLayers make_token_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_span(const nn::Scope& scope) const override;
  HeadLayers make_pair(const nn::Scope&) const override { return {}; }

 private:
  nn::Linear linear(const nn::Scope& scope, std::int64_t outputs) const;

  DistilBertConfig config_;
  nlohmann::ordered_json source_ = nlohmann::ordered_json::object();
  TextFacts facts_;
};

}  // namespace attune::models
