// Batch normalisation (Ioffe and Szegedy, 1502.03167).
#pragma once

#include "attune/nn/context.h"
#include "attune/nn/parameters.h"
#include "attune/ops/batch_norm/batch_norm.h"

namespace attune::nn {

// Over all dimensions but the last. In training the moments are those of the batch, and the running moments
// follow them; in inference the running moments are taken.
struct BatchNorm {
  Tensor weight, bias;                    // (D)
  Tensor running_mean, running_variance;  // (D), buffers
  double epsilon, momentum;

  BatchNorm(const Scope& scope, std::int64_t width, double epsilon = 1e-5, double momentum = 0.1)
      : weight(scope.parameter("weight", {width}, Initializer::ones())),
        bias(scope.parameter("bias", {width}, Initializer::zeros())),
        running_mean(scope.buffer("running_mean", {width}, Initializer::zeros())),
        running_variance(scope.buffer("running_variance", {width}, Initializer::ones())),
        epsilon(epsilon),
        momentum(momentum) {}

  // The result has the type that products run in; the residual stream x keeps its own.
  Tensor operator()(const Tensor& x, const Context& context) const {
    return operator()(x, context, compute_type(x, context));  // (..., D)
  }
  Tensor operator()(const Tensor& x, const Context& context, DType result) const {
    const ops::RunningMoments running{running_mean, running_variance};
    return context.training ? ops::batch_norm(x, weight, bias, running, momentum, epsilon, result)
                            : ops::batch_norm_inference(x, weight, bias, running, epsilon, result);
  }
};

}  // namespace attune::nn
