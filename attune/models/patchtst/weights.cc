// Hugging Face's names of a PatchTSTForPrediction.
#include "attune/models/patchtst/patchtst.h"

namespace attune::models {
namespace {

void add_norm(std::vector<WeightRule>& rules, const std::string& ours, const std::string& theirs) {
  for (const std::string kind : {".weight", ".bias"}) {
    rules.push_back({ours + kind, theirs + kind});
    rules.push_back({ours + ".batchnorm" + kind, theirs + ".batchnorm" + kind});
  }
  rules.push_back({.ours = ours + ".batchnorm.running_mean",
                   .checkpoint = theirs + ".batchnorm.running_mean",
                   .count = theirs + ".batchnorm.num_batches_tracked"});
  rules.push_back({ours + ".batchnorm.running_variance", theirs + ".batchnorm.running_var"});
}

void add_layer(std::vector<WeightRule>& rules) {
  const std::string ours = "layers.{}.", theirs = "model.encoder.layers.{}.";
  for (const std::string kind : {".weight", ".bias"}) {
    rules.push_back({.ours = ours + "self_attention.query_key_value" + kind,
                     .checkpoint = theirs + "self_attn.*_proj" + kind,
                     .parts = {"q", "k", "v"}});
    rules.push_back({ours + "self_attention.output" + kind, theirs + "self_attn.out_proj" + kind});
    rules.push_back({ours + "feed_forward.expand" + kind, theirs + "ff.0" + kind});
    rules.push_back({ours + "feed_forward.contract" + kind, theirs + "ff.3" + kind});
  }
  add_norm(rules, ours + "patches_norm", theirs + "norm_sublayer1");
  add_norm(rules, ours + "channels_norm", theirs + "norm_sublayer2");
  add_norm(rules, ours + "feed_forward_norm", theirs + "norm_sublayer3");
}

// Outputs of a distribution are layers of their own: degrees of freedom, location, scale.
void add_ends(std::vector<WeightRule>& rules) {
  const std::vector<std::string> outputs = {"0", "1", "2"};
  for (const std::string kind : {".weight", ".bias"}) {
    rules.push_back({"embedding" + kind, "model.encoder.embedder.input_embedding" + kind});
    rules.push_back({"embedding.{}" + kind, "model.encoder.embedder.input_embedding.{}" + kind});
    rules.push_back({"projection" + kind, "head.projection" + kind});
    rules.push_back({"projection.{}" + kind, "head.projections.{}" + kind});
    rules.push_back(
        {.ours = "distribution" + kind, .checkpoint = "head.projection.proj.*" + kind, .parts = outputs});
    rules.push_back({.ours = "distribution.{}" + kind,
                     .checkpoint = "head.projections.{}.proj.*" + kind,
                     .parts = outputs});
  }
  rules.push_back({"positions", "model.encoder.positional_encoder.position_enc"});
  rules.push_back({"cls_token", "model.encoder.positional_encoder.cls_token"});
}

}  // namespace

WeightTable patchtst_weight_table(const nn::Parameters& parameters) {
  std::vector<WeightRule> rules;
  add_layer(rules);
  add_ends(rules);
  for (const nn::Parameter& parameter : parameters.all()) {
    if (parameter.name.starts_with("calendar_effect.")) rules.push_back({parameter.name, parameter.name});
  }
  WeightTable table{.prefixes = {""}, .rules = std::move(rules), .ignored = {}};
  for (const std::string norm : {"1", "2", "3"})
    table.ignored.push_back("model.encoder.layers.{}.norm_sublayer" + norm +
                            ".batchnorm.num_batches_tracked");
  return table;
}

}  // namespace attune::models
