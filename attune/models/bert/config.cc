#include "attune/models/bert/config.h"

namespace attune::models {

void expect_size(const char* field, std::int64_t value) {
  if (value < 1) fail_usage("\"{}\" is {}, expected at least 1", field, value);
  if (value > (std::int64_t{1} << 31)) fail_usage("\"{}\" is {}, which is too large", field, value);
}

void expect_layers(const char* field, std::int64_t value) {
  expect_size(field, value);
  if (value > most_layers) fail_usage("\"{}\" is {}, expected at most {}", field, value, most_layers);
}

void expect_probability(const char* field, double value) {
  if (!(value >= 0 && value < 1)) fail_usage("\"{}\" is {}, expected 0 <= {} < 1", field, value, field);
}

void refuse_beyond_encoders(const ConfigFields& fields) {
  fields.refuse("is_decoder", false);
  fields.refuse("add_cross_attention", false);
  fields.refuse("tie_word_embeddings", true);
  std::string positions = "absolute";
  fields.read("position_embedding_type", positions);
  check(positions == "absolute", "{}: \"position_embedding_type\" is \"{}\", expected \"absolute\"",
        fields.path(), positions);
  nlohmann::json pruned = nlohmann::json::object();
  fields.read("pruned_heads", pruned);
  check(pruned.empty(), "{}: \"pruned_heads\" is {}, expected none", fields.path(), pruned.dump());
}

void BertConfig::validate() const {
  expect_size("vocab_size", vocab_size);
  expect_size("hidden_size", hidden_size);
  expect_layers("num_hidden_layers", num_hidden_layers);
  expect_size("num_attention_heads", num_attention_heads);
  expect_size("intermediate_size", intermediate_size);
  expect_size("max_position_embeddings", max_position_embeddings);
  expect_size("type_vocab_size", type_vocab_size);
  if (hidden_size % num_attention_heads != 0)
    fail_usage("\"hidden_size\" {} cannot be divided among \"num_attention_heads\" {}", hidden_size,
               num_attention_heads);
  expect_probability("hidden_dropout_prob", hidden_dropout_prob);
  expect_probability("attention_probs_dropout_prob", attention_probs_dropout_prob);
  if (classifier_dropout) expect_probability("classifier_dropout", *classifier_dropout);
  if (!(layer_norm_eps > 0)) fail_usage("\"layer_norm_eps\" is {}, expected more than 0", layer_norm_eps);
  if (!(initializer_range >= 0))
    fail_usage("\"initializer_range\" is {}, expected at least 0", initializer_range);
  if (pad_token_id < 0 || pad_token_id >= vocab_size)
    fail_usage("\"pad_token_id\" is {}, expected a token of the vocabulary of {}", pad_token_id, vocab_size);
}

nn::LayerOptions BertConfig::layer() const {
  return {.width = hidden_size,
          .heads = num_attention_heads,
          .hidden = intermediate_size,
          .activation = hidden_act,
          .dropout = hidden_dropout_prob,
          .attention_dropout = attention_probs_dropout_prob,
          .norm_epsilon = layer_norm_eps};
}

nn::LayerInitializers BertConfig::layer_initializers() const {
  return {initializer(), initializer(), initializer(), initializer()};
}

void read_bert_fields(const ConfigFields& fields, BertConfig& config) {
  refuse_beyond_encoders(fields);
  fields.read("vocab_size", config.vocab_size);
  fields.read("hidden_size", config.hidden_size);
  fields.read("num_hidden_layers", config.num_hidden_layers);
  fields.read("num_attention_heads", config.num_attention_heads);
  fields.read("intermediate_size", config.intermediate_size);
  fields.read("hidden_dropout_prob", config.hidden_dropout_prob);
  fields.read("attention_probs_dropout_prob", config.attention_probs_dropout_prob);
  fields.read("max_position_embeddings", config.max_position_embeddings);
  fields.read("type_vocab_size", config.type_vocab_size);
  fields.read("initializer_range", config.initializer_range);
  fields.read("layer_norm_eps", config.layer_norm_eps);
  fields.read("pad_token_id", config.pad_token_id);
  double dropout = -1;
  fields.read("classifier_dropout", dropout);
  if (dropout != -1) config.classifier_dropout = dropout;
  std::string activation(ops::name_of(config.hidden_act));
  fields.read("hidden_act", activation);
  try {
    config.hidden_act = ops::activation_from_name(activation);
  } catch (const Error& error) {
    fail("{}: \"hidden_act\": {}", fields.path(), error.what());
  }
}

void write_bert_fields(const BertConfig& config, nlohmann::ordered_json& object) {
  object["vocab_size"] = config.vocab_size;
  object["hidden_size"] = config.hidden_size;
  object["num_hidden_layers"] = config.num_hidden_layers;
  object["num_attention_heads"] = config.num_attention_heads;
  object["intermediate_size"] = config.intermediate_size;
  object["hidden_act"] = ops::name_of(config.hidden_act);
  object["hidden_dropout_prob"] = config.hidden_dropout_prob;
  object["attention_probs_dropout_prob"] = config.attention_probs_dropout_prob;
  object["max_position_embeddings"] = config.max_position_embeddings;
  object["type_vocab_size"] = config.type_vocab_size;
  object["initializer_range"] = config.initializer_range;
  object["layer_norm_eps"] = config.layer_norm_eps;
  object["pad_token_id"] = config.pad_token_id;
  object["classifier_dropout"] = config.classifier_dropout
                                     ? nlohmann::ordered_json(*config.classifier_dropout)
                                     : nlohmann::ordered_json(nullptr);
}

}  // namespace attune::models
