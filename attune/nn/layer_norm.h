// Layer normalisation (Ba et al., 1607.06450).
#pragma once

#include "attune/nn/context.h"
#include "attune/nn/parameters.h"
#include "attune/ops/layer_norm/layer_norm.h"
#include "attune/ops/residual_layer_norm/residual_layer_norm.h"

namespace attune::nn {

struct LayerNorm {
  Tensor weight, bias;  // (D)
  double epsilon;

  LayerNorm(const Scope& scope, std::int64_t width, double epsilon)
      : weight(scope.parameter("weight", {width}, Initializer::ones())),
        bias(scope.parameter("bias", {width}, Initializer::zeros())),
        epsilon(epsilon) {}

  // The result has the type that products run in; the residual stream x keeps its own.
  Tensor operator()(const Tensor& x, const Context& context) const {
    return ops::layer_norm(x, weight, bias, epsilon, compute_type(x, context));  // (..., D)
  }

  // x + branch, and its normalisation, in one pass over memory.
  ops::ResidualNorm of_sum(const Tensor& x, const Tensor& branch, const Context& context) const {
    return ops::residual_layer_norm(x, branch, weight, bias, epsilon, compute_type(x, context));
  }
};

}  // namespace attune::nn
