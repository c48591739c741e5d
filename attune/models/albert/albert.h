// ALBERT (Lan et al., 1909.11942): BERT with embeddings of fewer dimensions (section 3.1, factorised
// embedding) and one layer that is called again and again (cross-layer parameter sharing), pre-trained on
// masked words and the order of sentences.
//
// Shapes: B texts, T tokens, D width (hidden_size), E width of the embeddings (embedding_size), V vocabulary.
#pragma once

#include "attune/models/bert/bert.h"

namespace attune::models {

// ALBERT-base (table 1) where Hugging Face's AlbertConfig does not say otherwise.
struct AlbertConfig : BertConfig {
  AlbertConfig();

  std::int64_t embedding_size = 128;  // E

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;
};

class Albert : public TextEncoder {
 public:
  Albert(const nn::Scope& scope, const AlbertConfig& config);

  Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const override;
  void pack() override;
  const Tensor& word_embedding() const override { return embeddings_.word.weight; }

 private:
  std::int64_t max_length_, calls_;
  TextEmbeddings embeddings_;
  nn::Linear widen_;        // E -> D
  nn::EncoderLayer layer_;  // shared by all calls
};

class AlbertFamily : public TextFamily {
 public:
  explicit AlbertFamily(const AlbertConfig& config);
  // As config.json says it.
  AlbertFamily(const nlohmann::json& object, const ConfigFields& fields);

  const TextFacts& facts() const override { return facts_; }
  nlohmann::ordered_json config() const override;
  WeightTable weights(bool with_head) const override;

  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  HeadLayers make_pooler(const nn::Scope& scope) const override;
  VocabularyHead make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const override;
  HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_choice(const nn::Scope& scope) const override { return make_classifier(scope, 1); }
  HeadLayers make_token_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_span(const nn::Scope& scope) const override;
  HeadLayers make_pair(const nn::Scope& scope) const override;

 private:
  nn::Linear linear(const nn::Scope& scope, std::int64_t outputs) const;

  AlbertConfig config_;
  nlohmann::ordered_json source_ = nlohmann::ordered_json::object();
  TextFacts facts_;
};

}  // namespace attune::models
