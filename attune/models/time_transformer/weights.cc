#include "attune/models/time_transformer/weights.h"

namespace attune::models {
namespace {

using Layout = WeightRule::Layout;

void add_value_rules(nn::ValueEmbeddingKind kind, const std::string& ours, const std::string& theirs,
                     WeightTable& table) {
  if (kind == nn::ValueEmbeddingKind::linear) return add_pair(ours, theirs, table);
  table.rules.push_back({.ours = ours + ".weight",
                         .checkpoint = theirs + ".tokenConv.weight",
                         .layout = Layout::convolution,
                         .kernel = kind == nn::ValueEmbeddingKind::convolution3 ? 3 : 1});
}

// Where self-attention has its three maps in one, and where it has not.
void add_attention_rules(const std::string& ours, const std::string& theirs, WeightTable& table) {
  for (const std::string kind : {".weight", ".bias"}) {
    const std::string maps = theirs + ".*_projection" + kind;
    table.rules.push_back(
        {.ours = ours + ".query_key_value" + kind, .checkpoint = maps, .parts = {"query", "key", "value"}});
    table.rules.push_back(
        {.ours = ours + ".key_value" + kind, .checkpoint = maps, .parts = {"key", "value"}});
    table.rules.push_back(
        {.ours = ours + ".query" + kind, .checkpoint = theirs + ".query_projection" + kind});
  }
  add_pair(ours + ".output", theirs + ".out_projection", table);
}

void add_feed_forward_rules(const std::string& ours, const std::string& theirs, WeightTable& table) {
  for (const auto& [part, convolution] : {std::pair(".expand", ".conv1"), std::pair(".contract", ".conv2")}) {
    table.rules.push_back({.ours = ours + part + ".weight",
                           .checkpoint = theirs + convolution + ".weight",
                           .layout = Layout::convolution});
    table.rules.push_back({.ours = ours + part + ".bias", .checkpoint = theirs + convolution + ".bias"});
  }
}

void add_embedding_rules(const nn::DataEmbedding::Options& options, const std::string& ours,
                         const std::string& theirs, WeightTable& table) {
  add_value_rules(options.value, ours + ".value.projection", theirs + ".value_embedding", table);
  const std::string calendar = ours + ".temporal.", library = theirs + ".temporal_embedding.";
  table.rules.push_back({.ours = calendar + "fields.weight", .checkpoint = library + "embed.weight"});
  table.rules.push_back(
      {.ours = calendar + "covariates.weight", .checkpoint = library + "covariates.weight"});
  table.rules.push_back({.ours = calendar + "mix.weight", .checkpoint = library + "mix.weight"});
  for (const auto& field : options.temporal.fields) {
    table.rules.push_back(
        {.ours = calendar + field.name + ".weight", .checkpoint = library + field.name + "_embed.weight"});
    table.ignored.push_back(library + field.name + "_embed.emb.weight");  // sinusoids, which are computed
  }
  table.ignored.push_back(theirs + ".position_embedding.pe");
}

}  // namespace

void add_pair(const std::string& ours, const std::string& theirs, WeightTable& table) {
  for (const std::string kind : {".weight", ".bias"})
    table.rules.push_back({.ours = ours + kind, .checkpoint = theirs + kind});
}

WeightTable time_transformer_weight_table(const TimeTransformerConfig& config) {
  WeightTable table{.prefixes = {""}, .rules = {}, .ignored = {}};
  add_embedding_rules(config.encoder_embedding(), "encoder_embedding", "enc_embedding", table);
  add_embedding_rules(config.decoder_embedding(), "decoder_embedding", "dec_embedding", table);
  const std::string encoder = "encoder.layers.{}", their_encoder = "encoder.attn_layers.{}";
  add_attention_rules(encoder + ".self_attention", their_encoder + ".attention", table);
  add_pair(encoder + ".self_attention_norm", their_encoder + ".norm1", table);
  add_feed_forward_rules(encoder + ".feed_forward", their_encoder, table);
  add_pair(encoder + ".feed_forward_norm", their_encoder + ".norm2", table);
  add_pair("encoder.norm", "encoder.norm", table);
  const std::string decoder = "decoder.layers.{}";
  add_attention_rules(decoder + ".self_attention", decoder + ".self_attention", table);
  add_pair(decoder + ".self_attention_norm", decoder + ".norm1", table);
  add_attention_rules(decoder + ".cross_attention", decoder + ".cross_attention", table);
  add_pair(decoder + ".cross_attention_norm", decoder + ".norm2", table);
  add_feed_forward_rules(decoder + ".feed_forward", decoder, table);
  add_pair(decoder + ".feed_forward_norm", decoder + ".norm3", table);
  add_pair("decoder.norm", "decoder.norm", table);
  add_pair("decoder.projection", "decoder.projection", table);
  return table;
}

}  // namespace attune::models
