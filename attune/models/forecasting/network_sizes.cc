#include "attune/models/forecasting/network_sizes.h"

namespace attune::models {

Wishes::Wishes(std::string family, const NetworkSizes& network) : family_(std::move(family)) {
  add("--layers", network.layers);
  add("--decoder-layers", network.decoder_layers);
  add("--heads", network.heads);
  add("--width", network.width);
  add("--feed-forward", network.feed_forward);
  add("--patch-length", network.patch_length);
  add("--patch-stride", network.patch_stride);
  add("--factor", network.factor);
  if (network.label_length >= 0) wishes_.push_back({"--label-length", network.label_length});
  if (network.dropout >= 0) wishes_.push_back({"--dropout", network.dropout});
  if (!network.distilling) wishes_.push_back({"--no-distilling", false});
  if (network.instance_norm) wishes_.push_back({"--instance-norm", true});
  add("--decoding", network.decoding);
  add("--embed", network.embed);
  add("--value-embedding", network.value_embedding);
  add("--temporal-embedding", network.temporal_embedding);
}

void Wishes::expect_none_left() const {
  std::vector<std::string> left;
  for (const Wish& wish : wishes_) left.push_back(wish.flag);
  if (!left.empty()) fail_usage("{} is nothing that a new {} has", fmt::join(left, ", "), family_);
}

void Wishes::add(const char* flag, std::int64_t size) {
  if (size < 0) fail_usage("{} is {}, expected at least 1", flag, size);
  if (size > 0) wishes_.push_back({flag, size});
}

void Wishes::add(const char* flag, const std::string& word) {
  if (!word.empty()) wishes_.push_back({flag, word});
}

}  // namespace attune::models
