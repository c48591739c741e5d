#include "attune/models/roberta/roberta.h"

#include "attune/ops/activation/activation.h"

namespace attune::models {

BertConfig roberta_config() {
  BertConfig config;
  config.vocab_size = 50265;
  config.max_position_embeddings = 514;
  config.type_vocab_size = 1;
  config.layer_norm_eps = 1e-5;
  config.pad_token_id = 1;
  return config;
}

TextPositions positions_after(std::int64_t padding) {
  const auto of = [padding](const Tensor& ids) {
    std::vector<std::int64_t> positions = ids.to_vector<std::int64_t>();
    const auto length = static_cast<std::size_t>(ids.dim(1));
    std::int64_t last = padding;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (i % length == 0) last = padding;
      positions[i] = positions[i] == padding ? padding : ++last;
    }
    return Tensor::from(positions, ids.shape());  // (B, T)
  };
  return {of, padding};
}

RobertaFamily::RobertaFamily(const BertConfig& config)
    : BertFamily(config, {.model_type = "roberta",
                          .class_names = "Roberta",
                          .vocab_size = config.vocab_size,
                          .width = config.hidden_size,
                          .max_length = config.max_position_embeddings - config.pad_token_id - 1,
                          .token_types = config.type_vocab_size,
                          .padding_token = config.pad_token_id}) {
  if (facts_.max_length < 1)
    fail_usage("\"max_position_embeddings\" is {}, expected at least 2 more than \"pad_token_id\" {}",
               config.max_position_embeddings, config.pad_token_id);
}

RobertaFamily::RobertaFamily(const nlohmann::json& object, const ConfigFields& fields)
    : RobertaFamily([&] {
        // What a RobertaConfig is where config.json does not say.
        BertConfig config = roberta_config();
        config.max_position_embeddings = 512;
        config.type_vocab_size = 2;
        config.layer_norm_eps = 1e-12;
        read_bert_fields(fields, config);
        validate_read(config, fields);
        return config;
      }()) {
  source_ = object;
  fields.read("model_type", facts_.model_type);
  if (facts_.model_type == "xlm-roberta") facts_.class_names = "XLMRoberta";
}

std::unique_ptr<TextEncoder> RobertaFamily::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<Bert>(scope, config_, facts_.max_length, positions_after(config_.pad_token_id));
}

VocabularyHead RobertaFamily::make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const {
  return vocabulary_head(scope / "predictions", config_.hidden_size, config_.initializer(),
                         ops::ActivationKind::gelu, config_.layer_norm_eps, encoder.word_embedding());
}

HeadLayers RobertaFamily::make_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  const nn::Scope at = scope / "classifier";
  return [dense = linear(at / "dense", config_.hidden_size), output = linear(at / "output", outputs),
          dropout = nn::Dropout{config_.head_dropout()}](const Tensor& hidden, const nn::Context& context) {
    const Tensor text = dense(dropout(first_token(hidden), context));                   // (B, D)
    return output(dropout(ops::activation(text, ops::ActivationKind::tanh), context));  // (B, outputs)
  };
}

HeadLayers RobertaFamily::make_choice(const nn::Scope& scope) const {
  return in_order(make_pooler(scope),
                  dropout_linear(linear(scope / "classifier", 1), config_.hidden_dropout_prob));
}

// Hugging Face's names of a RobertaModel and of its heads.
WeightTable RobertaFamily::weights(bool with_head) const {
  std::vector<WeightRule> rules = bert_encoder_rules();
  rules.front().ties = {"lm_head.decoder.weight"};
  add_weight_and_bias(rules, "predictions.dense", "lm_head.dense", false);
  add_norm(rules, "predictions.norm", "lm_head.layer_norm", false);
  rules.push_back({.ours = "predictions.bias",
                   .checkpoint = "lm_head.bias",
                   .prefixed = false,
                   .ties = {"lm_head.decoder.bias"}});
  add_weight_and_bias(rules, "classifier.dense", "classifier.dense", false);
  add_weight_and_bias(rules, "classifier.output", "classifier.out_proj", false);
  add_weight_and_bias(rules, "classifier", "classifier", false);
  add_weight_and_bias(rules, "span", "qa_outputs", false);
  using Prefixes = std::vector<std::string>;
  return {.prefixes = with_head ? Prefixes{"roberta.", ""} : Prefixes{"", "roberta."},
          .rules = std::move(rules),
          // Buffers of early versions; other heads than the one that is read.
          .ignored = {"embeddings.position_ids", "embeddings.token_type_ids", "pooler.*", "lm_head.*",
                      "classifier.*", "qa_outputs.*"}};
}

}  // namespace attune::models
