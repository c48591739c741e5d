#include "attune/models/distilbert/distilbert.h"

namespace attune::models {
namespace {

constexpr double norm_epsilon = 1e-12;  // of every norm; no field says it

DistilBertConfig read_config(const ConfigFields& fields) {
  refuse_beyond_encoders(fields);
  fields.refuse("sinusoidal_pos_embds", false);
  DistilBertConfig config;
  fields.read("vocab_size", config.vocab_size);
  fields.read("max_position_embeddings", config.max_position_embeddings);
  fields.read("n_layers", config.n_layers);
  fields.read("n_heads", config.n_heads);
  fields.read("dim", config.dim);
  fields.read("hidden_dim", config.hidden_dim);
  fields.read("dropout", config.dropout);
  fields.read("attention_dropout", config.attention_dropout);
  fields.read("qa_dropout", config.qa_dropout);
  fields.read("seq_classif_dropout", config.seq_classif_dropout);
  fields.read("initializer_range", config.initializer_range);
  fields.read("pad_token_id", config.pad_token_id);
  std::string activation(ops::name_of(config.activation));
  fields.read("activation", activation);
  try {
    config.activation = ops::activation_from_name(activation);
  } catch (const Error& error) {
    fail("{}: \"activation\": {}", fields.path(), error.what());
  }
  validate_read(config, fields);
  return config;
}

nn::Initializer initializer(const DistilBertConfig& config) {
  return nn::Initializer::normal(config.initializer_range);
}

}  // namespace

void DistilBertConfig::validate() const {
  expect_size("vocab_size", vocab_size);
  expect_size("max_position_embeddings", max_position_embeddings);
  expect_layers("n_layers", n_layers);
  expect_size("n_heads", n_heads);
  expect_size("dim", dim);
  expect_size("hidden_dim", hidden_dim);
  if (dim % n_heads != 0) fail_usage("\"dim\" {} cannot be divided among \"n_heads\" {}", dim, n_heads);
  expect_probability("dropout", dropout);
  expect_probability("attention_dropout", attention_dropout);
  expect_probability("qa_dropout", qa_dropout);
  expect_probability("seq_classif_dropout", seq_classif_dropout);
  if (!(initializer_range >= 0))
    fail_usage("\"initializer_range\" is {}, expected at least 0", initializer_range);
  if (pad_token_id < 0 || pad_token_id >= vocab_size)
    fail_usage("\"pad_token_id\" is {}, expected a token of the vocabulary of {}", pad_token_id, vocab_size);
}

// In training, attention's output is dropped out as in BERT, which it distils; Hugging Face's class leaves
// that one out.
DistilBert::DistilBert(const nn::Scope& scope, const DistilBertConfig& config)
    : max_length_(config.max_position_embeddings),
      embeddings_(scope / "embeddings",
                  {.vocab_size = config.vocab_size,
                   .width = config.dim,
                   .max_positions = config.max_position_embeddings,
                   .token_types = 0,
                   .padding_token = config.pad_token_id,
                   .norm_epsilon = norm_epsilon,
                   .dropout = config.dropout,
                   .initializer = initializer(config)},
                  positions_from_zero()),
      layers_(scope / "layers", config.n_layers,
              {.width = config.dim,
               .heads = config.n_heads,
               .hidden = config.hidden_dim,
               .activation = config.activation,
               .dropout = config.dropout,
               .attention_dropout = config.attention_dropout,
               .norm_epsilon = norm_epsilon},
              {initializer(config), initializer(config), initializer(config), initializer(config)}) {}

Tensor DistilBert::hidden_states(const TextBatch& batch, const nn::Context& context) const {
  expect_batch(batch, max_length_, "DistilBERT");
  return layers_(embeddings_(batch, context), batch, context);  // (B, T, D)
}

void DistilBert::pack() { layers_.pack(); }

DistilBertFamily::DistilBertFamily(const DistilBertConfig& config)
    : config_(config),
      facts_{.model_type = "distilbert",
             .class_names = "DistilBert",
             .vocab_size = config.vocab_size,
             .width = config.dim,
             .layers = config.n_layers,
             .heads = config.n_heads,
             .feed_forward = config.hidden_dim,
             .max_length = config.max_position_embeddings,
             .token_types = 0,
             .padding_token = config.pad_token_id} {
  config_.validate();
}

DistilBertFamily::DistilBertFamily(const nlohmann::json& object, const ConfigFields& fields)
    : DistilBertFamily(read_config(fields)) {
  source_ = object;
}

nlohmann::ordered_json DistilBertFamily::config() const {
  nlohmann::ordered_json object = source_;
  object["vocab_size"] = config_.vocab_size;
  object["max_position_embeddings"] = config_.max_position_embeddings;
  object["n_layers"] = config_.n_layers;
  object["n_heads"] = config_.n_heads;
  object["dim"] = config_.dim;
  object["hidden_dim"] = config_.hidden_dim;
  object["activation"] = ops::name_of(config_.activation);
  object["dropout"] = config_.dropout;
  object["attention_dropout"] = config_.attention_dropout;
  object["qa_dropout"] = config_.qa_dropout;
  object["seq_classif_dropout"] = config_.seq_classif_dropout;
  object["initializer_range"] = config_.initializer_range;
  object["pad_token_id"] = config_.pad_token_id;
  return object;
}

std::unique_ptr<TextEncoder> DistilBertFamily::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<DistilBert>(scope, config_);
}

nn::Linear DistilBertFamily::linear(const nn::Scope& scope, std::int64_t outputs) const {
  return nn::Linear(scope, config_.dim, outputs, initializer(config_));
}

VocabularyHead DistilBertFamily::make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const {
  return vocabulary_head(scope / "predictions", config_.dim, initializer(config_), config_.activation,
                         norm_epsilon, encoder.word_embedding());
}

HeadLayers DistilBertFamily::make_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  const nn::Scope at = scope / "classifier";
  return in_order(first_token_dense(linear(at / "dense", config_.dim), ops::ActivationKind::relu),
                  dropout_linear(linear(at / "output", outputs), config_.seq_classif_dropout));
}

HeadLayers DistilBertFamily::make_token_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  return dropout_linear(linear(scope / "classifier" / "output", outputs), config_.dropout);
}

HeadLayers DistilBertFamily::make_span(const nn::Scope& scope) const {
  return dropout_linear(linear(scope / "span", 2), config_.qa_dropout);
}

// Hugging Face's names of a DistilBertModel and of its heads.
WeightTable DistilBertFamily::weights(bool with_head) const {
  std::vector<WeightRule> rules = {
      {.ours = "embeddings.word.weight",
       .checkpoint = "embeddings.word_embeddings.weight",
       .ties = {"vocab_projector.weight"}},
      {.ours = "embeddings.position.weight", .checkpoint = "embeddings.position_embeddings.weight"}};
  add_norm(rules, "embeddings.norm", "embeddings.LayerNorm");
  const std::string ours = "layers.{}.", theirs = "transformer.layer.{}.";
  add_query_key_value(rules, ours + "self_attention.query_key_value", theirs + "attention.*_lin",
                      {"q", "k", "v"});
  add_weight_and_bias(rules, ours + "self_attention.output", theirs + "attention.out_lin");
  add_norm(rules, ours + "self_attention_norm", theirs + "sa_layer_norm");
  add_weight_and_bias(rules, ours + "feed_forward.expand", theirs + "ffn.lin1");
  add_weight_and_bias(rules, ours + "feed_forward.contract", theirs + "ffn.lin2");
  add_norm(rules, ours + "feed_forward_norm", theirs + "output_layer_norm");
  add_weight_and_bias(rules, "predictions.dense", "vocab_transform", false);
  add_norm(rules, "predictions.norm", "vocab_layer_norm", false);
  rules.push_back({.ours = "predictions.bias", .checkpoint = "vocab_projector.bias", .prefixed = false});
  add_weight_and_bias(rules, "classifier.dense", "pre_classifier", false);
  add_weight_and_bias(rules, "classifier.output", "classifier", false);
  add_weight_and_bias(rules, "span", "qa_outputs", false);
  using Prefixes = std::vector<std::string>;
  return {.prefixes = with_head ? Prefixes{"distilbert.", ""} : Prefixes{"", "distilbert."},
          .rules = std::move(rules),
          // Buffers of early versions; other heads than the one that is read.
          .ignored = {"embeddings.position_ids", "vocab_transform.*", "vocab_layer_norm.*",
                      "vocab_projector.*", "pre_classifier.*", "classifier.*", "qa_outputs.*"}};
}

}  // namespace attune::models
