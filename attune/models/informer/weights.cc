// The Time-Series-Library's names of an Informer.
#include "attune/models/time_transformer/weights.h"

#include "attune/models/informer/informer.h"

namespace attune::models {
namespace {

void add_distilling_rules(WeightTable& table) {
  const std::string ours = "encoder.distilling.{}", theirs = "encoder.conv_layers.{}";
  table.rules.push_back({.ours = ours + ".convolution.weight",
                         .checkpoint = theirs + ".downConv.weight",
                         .layout = WeightRule::Layout::convolution,
                         .kernel = 3});
  table.rules.push_back({.ours = ours + ".convolution.bias", .checkpoint = theirs + ".downConv.bias"});
  add_pair(ours + ".norm", theirs + ".norm", table);
  table.rules.push_back({.ours = ours + ".norm.running_mean",
                         .checkpoint = theirs + ".norm.running_mean",
                         .count = theirs + ".norm.num_batches_tracked"});
  table.rules.push_back(
      {.ours = ours + ".norm.running_variance", .checkpoint = theirs + ".norm.running_var"});
  table.ignored.push_back(theirs + ".norm.num_batches_tracked");
}

}  // namespace

WeightTable informer_weight_table(const InformerConfig& config) {
  WeightTable table = time_transformer_weight_table(config.blocks);
  add_distilling_rules(table);
  return table;
}

}  // namespace attune::models
