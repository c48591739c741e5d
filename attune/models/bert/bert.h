// BERT (Devlin et al., 1810.04805): the encoder of 1706.03762 with GELU, learned positions and embeddings
// that tell two texts apart, pre-trained on masked words and the next sentence.
//
// Shapes: B texts, T tokens, D width (hidden_size), V vocabulary.
#pragma once

#include <functional>
#include <vector>

#include "attune/models/bert/config.h"
#include "attune/models/text/family.h"
#include "attune/models/text/head_layers.h"
#include "attune/nn/embedding.h"

namespace attune::models {

// Which rows of the position embedding tokens get.
struct TextPositions {
  std::function<Tensor(const Tensor& ids)> of;  // ids (B, T) -> (T) or (B, T) int64
  std::int64_t padding_index = -1;              // a row that is not trained
};

// 0, 1, ..., T - 1, whatever the tokens are.
TextPositions positions_from_zero();

// The sum of the embeddings of tokens, positions and token types, normalised (figure 2). Shared by all
// families.
class TextEmbeddings {
 public:
  struct Options {
    std::int64_t vocab_size, width, max_positions;
    std::int64_t token_types;  // 0: texts are not told apart
    std::int64_t padding_token;
    double norm_epsilon, dropout;
    nn::Initializer initializer;
  };

  TextEmbeddings(const nn::Scope& scope, const Options& options, TextPositions positions);

  // -> (B, T, E) float32
  Tensor operator()(const TextBatch& batch, const nn::Context& context) const;

  nn::Embedding word;      // (V, E)
  nn::Embedding position;  // (max_positions, E)

 private:
  TextPositions positions_;
  std::vector<nn::Embedding> token_type_;  // (token_types, E), or none
  nn::LayerNorm norm_;
  nn::Dropout dropout_;
};

// Encoder layers, each on the output of the one before (1706.03762, section 3.1).
class TextLayers {
 public:
  TextLayers(const nn::Scope& scope, std::int64_t count, const nn::LayerOptions& options,
             const nn::LayerInitializers& initializers);

  // What the batch hides is not attended to: (B, T, D) -> (B, T, D), in the type that products run in.
  Tensor operator()(Tensor x, const TextBatch& batch, const nn::Context& context) const;
  void pack();  // as TextEncoder::pack()

 private:
  std::vector<nn::EncoderLayer> layers_;
};

class Bert : public TextEncoder {
 public:
  // `max_length`: the most tokens; `positions`: where they stand.
  Bert(const nn::Scope& scope, const BertConfig& config, std::int64_t max_length, TextPositions positions);

  Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const override;
  void pack() override;
  const Tensor& word_embedding() const override { return embeddings_.word.weight; }

 private:
  std::int64_t max_length_;
  TextEmbeddings embeddings_;
  TextLayers layers_;
};

class BertFamily : public TextFamily {
 public:
  explicit BertFamily(const BertConfig& config);
  // As config.json says it.
  BertFamily(const nlohmann::json& object, const ConfigFields& fields);

  const TextFacts& facts() const override { return facts_; }
  nlohmann::ordered_json config() const override;
  WeightTable weights(bool with_head) const override;

  std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const override;
  HeadLayers make_pooler(const nn::Scope& scope) const override;
  VocabularyHead make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const override;
  HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_choice(const nn::Scope& scope) const override;
  HeadLayers make_token_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_span(const nn::Scope& scope) const override;
  HeadLayers make_pair(const nn::Scope& scope) const override;

 protected:
  // For a family that differs from BERT in some of the above.
  BertFamily(const BertConfig& config, TextFacts facts);

  nn::Linear linear(const nn::Scope& scope, std::int64_t outputs) const;

  BertConfig config_;
  nlohmann::ordered_json source_ = nlohmann::ordered_json::object();  // config.json as it was read
  TextFacts facts_;
};

// The rules of BERT's embeddings and layers, without prefix; RoBERTa has the same.
std::vector<WeightRule> bert_encoder_rules();
// The rules of a linear layer or a norm: weight and bias.
void add_weight_and_bias(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
                         bool prefixed = true);
// Those of a norm, which early checkpoints call gamma and beta.
void add_norm(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
              bool prefixed = true);
// The projections to queries, keys and values; each stands for "*".
void add_query_key_value(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
                         const std::vector<std::string>& parts);

}  // namespace attune::models
