#include "attune/models/albert/albert.h"

namespace attune::models {
namespace {

// A group of several layers, each with weights of its own, that are called in turn.
void refuse_inner_groups(const ConfigFields& fields) {
  std::int64_t count = 1;
  fields.read("inner_group_num", count);
  check(count == 1, "{}: \"inner_group_num\" is {}, which Attune's ALBERT does not have (only 1)",
        fields.path(), count);
}

AlbertConfig read_config(const ConfigFields& fields) {
  AlbertConfig config;
  // What an AlbertConfig is where config.json does not say: ALBERT-xxlarge.
  config.hidden_size = 4096;
  config.num_attention_heads = 64;
  config.intermediate_size = 16384;
  read_bert_fields(fields, config);
  fields.read("embedding_size", config.embedding_size);
  config.classifier_dropout = 0.1;
  fields.read("classifier_dropout_prob", *config.classifier_dropout);
  fields.read("num_hidden_groups", config.num_hidden_groups);
  refuse_inner_groups(fields);
  validate_read(config, fields);
  return config;
}

}  // namespace

AlbertConfig::AlbertConfig() {
  vocab_size = 30000;
  hidden_act = ops::ActivationKind::gelu_tanh;
  hidden_dropout_prob = attention_probs_dropout_prob = 0;
  classifier_dropout = 0.1;
}

void AlbertConfig::validate() const {
  BertConfig::validate();
  expect_size("embedding_size", embedding_size);
  if (num_hidden_groups < 1 || num_hidden_groups > num_hidden_layers)
    fail_usage("\"num_hidden_groups\" is {}, expected 1 (all layers share their weights) to {} (none do)",
               num_hidden_groups, num_hidden_layers);
}

Albert::Albert(const nn::Scope& scope, const AlbertConfig& config)
    : max_length_(config.max_position_embeddings),
      calls_(config.num_hidden_layers),
      embeddings_(scope / "embeddings",
                  {.vocab_size = config.vocab_size,
                   .width = config.embedding_size,
                   .max_positions = config.max_position_embeddings,
                   .token_types = config.type_vocab_size,
                   .padding_token = config.pad_token_id,
                   .norm_epsilon = config.layer_norm_eps,
                   .dropout = config.hidden_dropout_prob,
                   .initializer = config.initializer()},
                  positions_from_zero()),
      widen_(scope / "widen", config.embedding_size, config.hidden_size, config.initializer()) {
  for (std::int64_t group = 0; group < config.num_hidden_groups; ++group)
    groups_.emplace_back(scope / "layers" / group, config.layer(), config.layer_initializers());
}

Tensor Albert::hidden_states(const TextBatch& batch, const nn::Context& context) const {
  expect_batch(batch, max_length_, "ALBERT");
  ops::AttentionOptions mask;
  mask.key_mask = batch.mask;
  const Tensor embedded = embeddings_(batch, context);  // (B, T, E)
  // The residual stream stays in float32, whatever type products run in.
  Tensor x = ops::cast(widen_(nn::for_products(embedded, context)), embedded.dtype());  // (B, T, D)
  // As Hugging Face divides them, also where the groups are not of the same size.
  const double calls_of_group = static_cast<double>(calls_) / static_cast<double>(groups_.size());
  for (std::int64_t i = 0; i < calls_; ++i)
    x = groups_[static_cast<std::size_t>(static_cast<double>(i) / calls_of_group)](x, mask, context);
  return nn::for_products(x, context);
}

void Albert::pack() {
  widen_.pack();
  for (nn::EncoderLayer& group : groups_) group.pack();
}

AlbertFamily::AlbertFamily(const AlbertConfig& config)
    : BertFamily(config, {.model_type = "albert",
                          .class_names = "Albert",
                          .vocab_size = config.vocab_size,
                          .width = config.hidden_size,
                          .max_length = config.max_position_embeddings,
                          .token_types = config.type_vocab_size,
                          .padding_token = config.pad_token_id}),
      albert_(config) {
  albert_.validate();
}

AlbertFamily::AlbertFamily(const nlohmann::json& object, const ConfigFields& fields)
    : AlbertFamily(read_config(fields)) {
  source_ = object;
}

nlohmann::ordered_json AlbertFamily::config() const {
  nlohmann::ordered_json object = BertFamily::config();
  object.erase("classifier_dropout");
  object["classifier_dropout_prob"] = albert_.head_dropout();
  object["embedding_size"] = albert_.embedding_size;
  object["num_hidden_groups"] = albert_.num_hidden_groups;
  object["inner_group_num"] = 1;
  return object;
}

std::unique_ptr<TextEncoder> AlbertFamily::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<Albert>(scope, albert_);
}

HeadLayers AlbertFamily::make_pair(const nn::Scope& scope) const {
  return in_order(make_pooler(scope), dropout_linear(linear(scope / "pair", 2), albert_.head_dropout()));
}

// Hugging Face's names of an AlbertModel and of its heads.
WeightTable AlbertFamily::weights(bool with_head) const {
  std::vector<WeightRule> rules = {
      {.ours = "embeddings.word.weight",
       .checkpoint = "embeddings.word_embeddings.weight",
       .ties = {"predictions.decoder.weight"}},
      {.ours = "embeddings.position.weight", .checkpoint = "embeddings.position_embeddings.weight"},
      {.ours = "embeddings.token_type.weight", .checkpoint = "embeddings.token_type_embeddings.weight"}};
  add_norm(rules, "embeddings.norm", "embeddings.LayerNorm");
  add_weight_and_bias(rules, "widen", "encoder.embedding_hidden_mapping_in");
  const std::string ours = "layers.{}.", theirs = "encoder.albert_layer_groups.{}.albert_layers.0.";
  add_query_key_value(rules, ours + "self_attention.query_key_value", theirs + "attention.*",
                      {"query", "key", "value"});
  add_weight_and_bias(rules, ours + "self_attention.output", theirs + "attention.dense");
  add_norm(rules, ours + "self_attention_norm", theirs + "attention.LayerNorm");
  add_weight_and_bias(rules, ours + "feed_forward.expand", theirs + "ffn");
  add_weight_and_bias(rules, ours + "feed_forward.contract", theirs + "ffn_output");
  add_norm(rules, ours + "feed_forward_norm", theirs + "full_layer_layer_norm");
  add_weight_and_bias(rules, "pooler", "pooler");
  add_weight_and_bias(rules, "predictions.dense", "predictions.dense", false);
  add_norm(rules, "predictions.norm", "predictions.LayerNorm", false);
  rules.push_back({.ours = "predictions.bias",
                   .checkpoint = "predictions.bias",
                   .prefixed = false,
                   .ties = {"predictions.decoder.bias"}});
  add_weight_and_bias(rules, "pair", "sop_classifier.classifier", false);
  add_weight_and_bias(rules, "classifier", "classifier", false);
  add_weight_and_bias(rules, "span", "qa_outputs", false);
  using Prefixes = std::vector<std::string>;
  return {.prefixes = with_head ? Prefixes{"albert.", ""} : Prefixes{"", "albert."},
          .rules = std::move(rules),
          // Buffers of early versions; other heads than the one that is read.
          .ignored = {"embeddings.position_ids", "embeddings.token_type_ids", "pooler.*", "predictions.*",
                      "sop_classifier.*", "classifier.*", "qa_outputs.*"}};
}

}  // namespace attune::models
