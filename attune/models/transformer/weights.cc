// Hugging Face's names of a MarianMTModel.
#include "attune/models/transformer/transformer.h"

namespace attune::models {
namespace {

void add_attention(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs) {
  for (const std::string kind : {".weight", ".bias"}) {
    if (ours.ends_with("self_attention")) {
      rules.push_back({.ours = ours + ".query_key_value" + kind,
                       .checkpoint = theirs + ".*_proj" + kind,
                       .parts = {"q", "k", "v"}});
    } else {
      rules.push_back({.ours = ours + ".query" + kind, .checkpoint = theirs + ".q_proj" + kind});
      rules.push_back(
          {.ours = ours + ".key_value" + kind, .checkpoint = theirs + ".*_proj" + kind, .parts = {"k", "v"}});
    }
    rules.push_back({.ours = ours + ".output" + kind, .checkpoint = theirs + ".out_proj" + kind});
    rules.push_back({.ours = ours + "_norm" + kind, .checkpoint = theirs + "_layer_norm" + kind});
  }
}

void add_feed_forward(std::vector<WeightRule>& rules, const std::string& stack) {
  for (const std::string kind : {".weight", ".bias"}) {
    rules.push_back({.ours = stack + ".feed_forward.expand" + kind, .checkpoint = stack + ".fc1" + kind});
    rules.push_back({.ours = stack + ".feed_forward.contract" + kind, .checkpoint = stack + ".fc2" + kind});
    rules.push_back(
        {.ours = stack + ".feed_forward_norm" + kind, .checkpoint = stack + ".final_layer_norm" + kind});
  }
}

WeightTable make_table() {
  // One table of embeddings; some checkpoints hold it under the other names as well, or instead.
  std::vector<WeightRule> rules = {
      {.ours = "embedding.weight",
       .checkpoint = "shared.weight",
       .ties = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"}},
      {.ours = "final_logits_bias",
       .checkpoint = "final_logits_bias",
       .layout = WeightRule::Layout::row,
       .prefixed = false,
       .optional = true}};
  add_attention(rules, "encoder.layers.{}.self_attention", "encoder.layers.{}.self_attn");
  add_feed_forward(rules, "encoder.layers.{}");
  add_attention(rules, "decoder.layers.{}.self_attention", "decoder.layers.{}.self_attn");
  add_attention(rules, "decoder.layers.{}.cross_attention", "decoder.layers.{}.encoder_attn");
  add_feed_forward(rules, "decoder.layers.{}");
  return {.prefixes = {"model.", ""},
          .rules = std::move(rules),
          // The sinusoids, which are computed.
          .ignored = {"encoder.embed_positions.weight", "decoder.embed_positions.weight"}};
}

}  // namespace

const WeightTable& transformer_weight_table() {
  static const WeightTable table = make_table();
  return table;
}

}  // namespace attune::models
