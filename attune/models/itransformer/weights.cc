// The Time-Series-Library's names of an iTransformer.
#include "attune/models/itransformer/itransformer.h"

namespace attune::models {
namespace {

WeightTable make_table() {
  std::vector<WeightRule> rules;
  for (const std::string kind : {".weight", ".bias"}) {
    const std::string ours = "layers.{}.", theirs = "encoder.attn_layers.{}.";
    const auto convolution = kind == ".weight" ? WeightRule::Layout::convolution : WeightRule::Layout::same;
    rules.push_back({"embedding" + kind, "enc_embedding.value_embedding" + kind});
    rules.push_back({"future_embedding" + kind, "enc_embedding.future_embedding" + kind});
    rules.push_back({.ours = ours + "self_attention.query_key_value" + kind,
                     .checkpoint = theirs + "attention.*_projection" + kind,
                     .parts = {"query", "key", "value"}});
    rules.push_back({ours + "self_attention.output" + kind, theirs + "attention.out_projection" + kind});
    rules.push_back({ours + "feed_forward.expand" + kind, theirs + "conv1" + kind, convolution});
    rules.push_back({ours + "feed_forward.contract" + kind, theirs + "conv2" + kind, convolution});
    rules.push_back({ours + "self_attention_norm" + kind, theirs + "norm1" + kind});
    rules.push_back({ours + "feed_forward_norm" + kind, theirs + "norm2" + kind});
    rules.push_back({"norm" + kind, "encoder.norm" + kind});
    rules.push_back({"projection" + kind, "projection" + kind});
  }
  return {.prefixes = {""}, .rules = std::move(rules), .ignored = {}};
}

}  // namespace

const WeightTable& itransformer_weight_table() {
  static const WeightTable table = make_table();
  return table;
}

}  // namespace attune::models
