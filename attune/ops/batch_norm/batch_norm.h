// Batch normalisation (Ioffe and Szegedy 2015, 1502.03167, algorithms 1 and 2).
#pragma once

#include <optional>

#include "attune/tensor/tensor.h"

namespace attune::ops {

// The moments that normalise in inference, (D) float32 each (float64 with float64 x).
struct RunningMoments {
  Tensor mean, variance;
};

// Training: y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with mean and biased variance over all
// dimensions but the last: x (..., D) of at least one row, weight and bias (D): y (..., D).
//
// `running`, where it is defined, follows apart from the tape, as PyTorch has it: the tensors are bound to
// new memory that holds (1 - momentum) running + momentum (mean, unbiased variance), so that those of a
// mapped file may be given. For a single row the variance is the biased one.
//
// Types as in layer_norm: x is float32, bfloat16 or float64, weight and bias float32 (float64 with float64
// x), y of x's type unless `result` says otherwise.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const RunningMoments& running,
                  double momentum = 0.1, double epsilon = 1e-5, std::optional<DType> result = {});

// Inference: the same with the moments of `running`, which stay as they are.
Tensor batch_norm_inference(const Tensor& x, const Tensor& weight, const Tensor& bias,
                            const RunningMoments& running, double epsilon = 1e-5,
                            std::optional<DType> result = {});

}  // namespace attune::ops
