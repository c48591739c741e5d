// The Time-Series-Library's names of an Informer.
#include "attune/models/time_transformer/weights.h"

#include "attune/models/informer/informer.h"

namespace attune::models {
namespace {

void add_attention_rules(const std::string& ours, const std::string& theirs, WeightTable& table) {
  for (const std::string kind : {".weight", ".bias"}) {
    table.rules.push_back(
        {.ours = ours + ".query" + kind, .checkpoint = theirs + ".query_projection" + kind});
    table.rules.push_back({.ours = ours + ".key_value" + kind,
                           .checkpoint = theirs + ".*_projection" + kind,
                           .parts = {"key", "value"}});
  }
  add_pair(ours + ".output", theirs + ".out_projection", table);
}

void add_distilling_rules(WeightTable& table) {
  const std::string ours = "encoder.distilling.{}", theirs = "encoder.conv_layers.{}";
  table.rules.push_back({.ours = ours + ".convolution.weight",
                         .checkpoint = theirs + ".downConv.weight",
                         .layout = WeightRule::Layout::convolution,
                         .kernel = 3});
  table.rules.push_back({.ours = ours + ".convolution.bias", .checkpoint = theirs + ".downConv.bias"});
  add_pair(ours + ".norm", theirs + ".norm", table);
  table.rules.push_back({.ours = ours + ".norm.running_mean", .checkpoint = theirs + ".norm.running_mean"});
  table.rules.push_back(
      {.ours = ours + ".norm.running_variance", .checkpoint = theirs + ".norm.running_var"});
  table.ignored.push_back(theirs + ".norm.num_batches_tracked");
}

}  // namespace

WeightTable informer_weight_table(const InformerConfig& config) {
  WeightTable table{.prefixes = {""}, .rules = {}, .ignored = {}};
  add_embedding_rules(config.blocks.encoder_embedding(), "encoder_embedding", "enc_embedding", table);
  add_embedding_rules(config.blocks.decoder_embedding(), "decoder_embedding", "dec_embedding", table);
  const std::string encoder = "encoder.layers.{}", their_encoder = "encoder.attn_layers.{}";
  add_attention_rules(encoder + ".self_attention", their_encoder + ".attention", table);
  add_pair(encoder + ".self_attention_norm", their_encoder + ".norm1", table);
  add_feed_forward_rules(encoder + ".feed_forward", their_encoder, table);
  add_pair(encoder + ".feed_forward_norm", their_encoder + ".norm2", table);
  add_distilling_rules(table);
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
