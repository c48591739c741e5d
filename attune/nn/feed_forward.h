// The position-wise feed-forward network (1706.03762, section 3.3).
#pragma once

#include "attune/nn/dropout.h"
#include "attune/nn/linear.h"
#include "attune/ops/activation/activation.h"

namespace attune::nn {

// FFN(x) = act(x W1 + b1) W2 + b2, at every position by itself: two 1x1 convolutions.
struct FeedForward {
  Linear expand;    // D -> F
  Linear contract;  // F -> D
  ops::ActivationKind activation;
  Dropout dropout;  // of what the activation gives

  FeedForward(const Scope& scope, std::int64_t width, std::int64_t hidden, ops::ActivationKind activation,
              Initializer expand_initializer, Initializer contract_initializer, double dropout = 0,
              bool with_bias = true)
      : expand(scope / "expand", width, hidden, expand_initializer, with_bias),
        contract(scope / "contract", hidden, width, contract_initializer, with_bias),
        activation(activation),
        dropout{dropout} {}

  Tensor operator()(const Tensor& x) const {
    return contract(expand(x, activation));  // (..., F) -> (..., D)
  }
  Tensor operator()(const Tensor& x, const Context& context) const {
    return contract(dropout(expand(x, activation), context));
  }
  void pack() {
    expand.pack();
    contract.pack();
  }
};

}  // namespace attune::nn
