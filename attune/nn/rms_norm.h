// Root mean square layer normalisation (Zhang and Sennrich, 1910.07467).
#pragma once

#include "attune/nn/context.h"
#include "attune/nn/parameters.h"
#include "attune/ops/rms_norm/rms_norm.h"

namespace attune::nn {

struct RmsNorm {
  Tensor weight;  // (D)
  double epsilon;

  RmsNorm(const Scope& scope, std::int64_t width, double epsilon)
      : weight(scope.parameter("weight", {width}, Initializer::ones())), epsilon(epsilon) {}

  // The result has the type that products run in; the residual stream x keeps its own.
  Tensor operator()(const Tensor& x, const Context& context) const {
    return ops::rms_norm(x, weight, epsilon, compute_type(x, context));  // (..., D)
  }
};

}  // namespace attune::nn
