// The position-wise feed-forward network with a gate (Shazeer, 2002.05202).
#pragma once

#include "attune/nn/dropout.h"
#include "attune/nn/linear.h"
#include "attune/ops/activation/activation.h"
#include "attune/ops/multiply/multiply.h"

namespace attune::nn {

// FFN(x) = (act(x W) * (x V)) W2, without biases: GEGLU for a GELU, SwiGLU for a SiLU (equation 6).
struct GatedFeedForward {
  Linear gate;      // D -> F
  Linear value;     // D -> F
  Linear contract;  // F -> D
  ops::ActivationKind activation;
  Dropout dropout;  // of the gated values

  GatedFeedForward(const Scope& scope, std::int64_t width, std::int64_t hidden,
                   ops::ActivationKind activation, Initializer expand_initializer,
                   Initializer contract_initializer, double dropout = 0)
      : gate(scope / "gate", width, hidden, expand_initializer, /*with_bias=*/false),
        value(scope / "value", width, hidden, expand_initializer, /*with_bias=*/false),
        contract(scope / "contract", hidden, width, contract_initializer, /*with_bias=*/false),
        activation(activation),
        dropout{dropout} {}

  Tensor operator()(const Tensor& x, const Context& context) const {
    const Tensor gated = ops::multiply(ops::activation(gate(x), activation), value(x));  // (..., F)
    return contract(dropout(gated, context));                                            // (..., D)
  }
};

}  // namespace attune::nn
