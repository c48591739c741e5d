// A linear map of what a channel says, the same for every channel or one of its own for each.
#pragma once

#include <vector>

#include "attune/nn/linear.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/views/views.h"

namespace attune::models {

// Shapes: B windows, C channels. The parameters are "weight" and "bias", or "0.weight", "0.bias", ...
class ChannelLinear {
 public:
  // `channels`: 0 for one map that all share.
  ChannelLinear(const nn::Scope& scope, std::int64_t in, std::int64_t out, std::int64_t channels,
                nn::Initializer initializer) {
    if (channels == 0) maps_.emplace_back(scope, in, out, initializer);
    for (std::int64_t c = 0; c < channels; ++c) maps_.emplace_back(scope / c, in, out, initializer);
    is_shared_ = channels == 0;
  }

  // x (B, C, ..., in) -> (B, C, ..., out)
  Tensor operator()(const Tensor& x) const {
    if (is_shared_) return maps_.front()(x);
    std::vector<Tensor> channels;  // (B, 1, ..., out)
    for (std::size_t c = 0; c < maps_.size(); ++c) {
      const auto at = static_cast<std::int64_t>(c);
      channels.push_back(maps_[c](ops::slice(x, 1, at, at + 1)));
    }
    return ops::concatenate(channels, 1);
  }

 private:
  std::vector<nn::Linear> maps_;
  bool is_shared_ = true;
};

}  // namespace attune::models
