// ALBERT (Lan et al., 1909.11942): BERT with embeddings of fewer dimensions (section 3.1, factorised
// embedding) and layers that share their weights, by default all of them (cross-layer parameter sharing),
// pre-trained on masked words and the order of sentences.
//
// Shapes: B texts, T tokens, D width (hidden_size), E width of the embeddings (embedding_size), V vocabulary.
#pragma once

#include "attune/models/bert/bert.h"

namespace attune::models {

// ALBERT-base (table 1) where Hugging Face's AlbertConfig does not say otherwise.
struct AlbertConfig : BertConfig {
  AlbertConfig();

  std::int64_t embedding_size = 128;   // E
  std::int64_t num_hidden_groups = 1;  // of neighbouring layers; those of a group share their weights

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
  nn::Linear widen_;                      // E -> D
  std::vector<nn::EncoderLayer> groups_;  // each called for the layers of its group
};

// BERT's heads on ALBERT's encoder.
class AlbertFamily : public BertFamily {
 public:
  explicit AlbertFamily(const AlbertConfig& config);
  // As config.json says it.
  AlbertFamily(const nlohmann::json& object, const ConfigFields& fields);

  nlohmann::ordered_json config() const override;
  WeightTable weights(bool with_head) const override;

  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  HeadLayers make_pair(const nn::Scope& scope) const override;

 private:
  AlbertConfig albert_;
};

}  // namespace attune::models
