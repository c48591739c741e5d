// The affine map y = x W^T + b.
#pragma once

#include <memory>

#include "attune/nn/parameters.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/linear/packed.h"

namespace attune::nn {

// On (..., T, C) this is also a 1x1 convolution over the positions (1706.03762, section 3.3).
struct Linear {
  Tensor weight;                                    // (out, in)
  Tensor bias;                                      // (out), or undefined
  std::shared_ptr<const ops::PackedWeight> packed;  // for inference; none until pack()

  Linear(const Scope& scope, std::int64_t in, std::int64_t out, Initializer initializer,
         bool with_bias = true)
      : weight(scope.parameter("weight", {out, in}, initializer)) {
    if (with_bias) bias = scope.parameter("bias", {out}, Initializer::zeros());
  }

  // Makes the packed copy, where this processor has a use for one.
  void pack() {
    if (ops::PackedWeight::is_supported(weight)) packed = std::make_shared<const ops::PackedWeight>(weight);
  }

  Tensor operator()(const Tensor& x) const {
    return packed ? ops::linear(x, *packed, bias) : ops::linear(x, weight, bias);
  }  // (..., in) -> (..., out)
  // act(x W^T + b)
  Tensor operator()(const Tensor& x, ops::ActivationKind activation) const {
    return packed ? ops::linear(x, *packed, bias, activation)
                  : ops::activation(ops::linear(x, weight, bias), activation);
  }  // (..., in) -> (..., out)
};

}  // namespace attune::nn
