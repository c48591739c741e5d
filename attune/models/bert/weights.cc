// Hugging Face's names of a BertModel and of its heads.
#include "attune/models/bert/bert.h"

namespace attune::models {

void add_weight_and_bias(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
                         bool prefixed) {
  for (const std::string kind : {".weight", ".bias"})
    rules.push_back({.ours = ours + kind, .checkpoint = theirs + kind, .prefixed = prefixed});
}

void add_norm(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
              bool prefixed) {
  rules.push_back({.ours = ours + ".weight",
                   .checkpoint = theirs + ".weight",
                   .prefixed = prefixed,
                   .ties = {theirs + ".gamma"}});
  rules.push_back({.ours = ours + ".bias",
                   .checkpoint = theirs + ".bias",
                   .prefixed = prefixed,
                   .ties = {theirs + ".beta"}});
}

void add_query_key_value(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs,
                         const std::vector<std::string>& parts) {
  for (const std::string kind : {".weight", ".bias"})
    rules.push_back({.ours = ours + kind, .checkpoint = theirs + kind, .parts = parts});
}

std::vector<WeightRule> bert_encoder_rules() {
  std::vector<WeightRule> rules = {
      {.ours = "embeddings.word.weight", .checkpoint = "embeddings.word_embeddings.weight"},
      {.ours = "embeddings.position.weight", .checkpoint = "embeddings.position_embeddings.weight"},
      {.ours = "embeddings.token_type.weight", .checkpoint = "embeddings.token_type_embeddings.weight"}};
  add_norm(rules, "embeddings.norm", "embeddings.LayerNorm");
  const std::string ours = "layers.{}.", theirs = "encoder.layer.{}.";
  add_query_key_value(rules, ours + "self_attention.query_key_value", theirs + "attention.self.*",
                      {"query", "key", "value"});
  add_weight_and_bias(rules, ours + "self_attention.output", theirs + "attention.output.dense");
  add_norm(rules, ours + "self_attention_norm", theirs + "attention.output.LayerNorm");
  add_weight_and_bias(rules, ours + "feed_forward.expand", theirs + "intermediate.dense");
  add_weight_and_bias(rules, ours + "feed_forward.contract", theirs + "output.dense");
  add_norm(rules, ours + "feed_forward_norm", theirs + "output.LayerNorm");
  add_weight_and_bias(rules, "pooler", "pooler.dense");
  return rules;
}

WeightTable BertFamily::weights(bool with_head) const {
  std::vector<WeightRule> rules = bert_encoder_rules();
  rules.front().ties = {"cls.predictions.decoder.weight"};
  add_weight_and_bias(rules, "predictions.dense", "cls.predictions.transform.dense", false);
  add_norm(rules, "predictions.norm", "cls.predictions.transform.LayerNorm", false);
  rules.push_back({.ours = "predictions.bias",
                   .checkpoint = "cls.predictions.bias",
                   .prefixed = false,
                   .ties = {"cls.predictions.decoder.bias"}});
  add_weight_and_bias(rules, "pair", "cls.seq_relationship", false);
  add_weight_and_bias(rules, "classifier", "classifier", false);
  add_weight_and_bias(rules, "span", "qa_outputs", false);
  using Prefixes = std::vector<std::string>;
  return {.prefixes = with_head ? Prefixes{"bert.", ""} : Prefixes{"", "bert."},
          .rules = std::move(rules),
          // Buffers of early versions; other heads than the one that is read.
          .ignored = {"embeddings.position_ids", "embeddings.token_type_ids", "pooler.*", "cls.*",
                      "classifier.*", "qa_outputs.*"}};
}

}  // namespace attune::models
