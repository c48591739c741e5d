// The affine map y = x W^T + b.
#pragma once

#include "attune/nn/parameters.h"
#include "attune/ops/linear/linear.h"

namespace attune::nn {

// On (..., T, C) this is also a 1x1 convolution over the positions (1706.03762, section 3.3).
struct Linear {
  Tensor weight;  // (out, in)
  Tensor bias;    // (out), or undefined

  Linear(const Scope& scope, std::int64_t in, std::int64_t out, Initializer initializer,
         bool with_bias = true)
      : weight(scope.parameter("weight", {out, in}, initializer)) {
    if (with_bias) bias = scope.parameter("bias", {out}, Initializer::zeros());
  }

  Tensor operator()(const Tensor& x) const {
    return ops::linear(x, weight, bias);
  }  // (..., in) -> (..., out)
};

}  // namespace attune::nn
