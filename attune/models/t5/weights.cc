// Hugging Face's names of a T5ForConditionalGeneration.
#include "attune/models/t5/t5.h"

namespace attune::models {
namespace {

// The sub-layers of a stack stand in "layer.0", "layer.1", ...
void add_self_attention(std::vector<WeightRule>& rules, const std::string& stack) {
  const std::string ours = stack + ".layers.{}.self_attention", theirs = stack + ".block.{}.layer.0.";
  rules.push_back({.ours = stack + ".position_bias.weight",
                   .checkpoint = stack + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"});
  rules.push_back({.ours = ours + ".query_key_value.weight",
                   .checkpoint = theirs + "SelfAttention.*.weight",
                   .parts = {"q", "k", "v"}});
  rules.push_back({ours + ".output.weight", theirs + "SelfAttention.o.weight"});
  rules.push_back({ours + "_norm.weight", theirs + "layer_norm.weight"});
}

void add_cross_attention(std::vector<WeightRule>& rules) {
  const std::string ours = "decoder.layers.{}.cross_attention", theirs = "decoder.block.{}.layer.1.";
  rules.push_back({ours + ".query.weight", theirs + "EncDecAttention.q.weight"});
  rules.push_back({.ours = ours + ".key_value.weight",
                   .checkpoint = theirs + "EncDecAttention.*.weight",
                   .parts = {"k", "v"}});
  rules.push_back({ours + ".output.weight", theirs + "EncDecAttention.o.weight"});
  rules.push_back({ours + "_norm.weight", theirs + "layer_norm.weight"});
}

void add_feed_forward(std::vector<WeightRule>& rules, const std::string& stack, const std::string& sublayer) {
  const std::string ours = stack + ".layers.{}.feed_forward", theirs = stack + ".block.{}.layer." + sublayer;
  rules.push_back({ours + ".expand.weight", theirs + ".DenseReluDense.wi.weight"});
  rules.push_back({ours + ".gate.weight", theirs + ".DenseReluDense.wi_0.weight"});
  rules.push_back({ours + ".value.weight", theirs + ".DenseReluDense.wi_1.weight"});
  rules.push_back({ours + ".contract.weight", theirs + ".DenseReluDense.wo.weight"});
  rules.push_back({ours + "_norm.weight", theirs + ".layer_norm.weight"});
  rules.push_back({stack + ".final_norm.weight", stack + ".final_layer_norm.weight"});
}

WeightTable make_table(bool tied) {
  WeightRule embedding{.ours = "embedding.weight",
                       .checkpoint = "shared.weight",
                       .ties = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}};
  if (tied) embedding.ties.push_back("lm_head.weight");
  std::vector<WeightRule> rules = {embedding, {"output.weight", "lm_head.weight"}};
  add_self_attention(rules, "encoder");
  add_feed_forward(rules, "encoder", "1");
  add_self_attention(rules, "decoder");
  add_cross_attention(rules);
  add_feed_forward(rules, "decoder", "2");
  return {.prefixes = {""},
          .rules = std::move(rules),
          // A table that the first checkpoints have, and no version of the model uses.
          .ignored = {"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"}};
}

}  // namespace

const WeightTable& t5_weight_table(bool tied) {
  static const WeightTable tied_table = make_table(true), untied_table = make_table(false);
  return tied ? tied_table : untied_table;
}

}  // namespace attune::models
