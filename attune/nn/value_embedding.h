// The values of a time series as vectors.
#pragma once

#include <cmath>

#include "attune/nn/linear.h"
#include "attune/ops/circular_windows/circular_windows.h"

namespace attune::nn {

enum class ValueEmbeddingKind {
  linear,        // each step by itself: x W^T + b
  convolution1,  // the same without a bias
  convolution3,  // over three steps, the first and the last being neighbours (2012.07436, appendix B)
};

// x (B, T, C) -> (B, T, D). Starts out as in the Time-Series-Library: convolutions from a normal distribution
// of He et al.'s (1502.01852) variance for a leaky ReLU, the linear map uniformly within 1 / sqrt(C).
struct ValueEmbedding {
  std::int64_t kernel;
  Linear projection;  // C kernel -> D

  ValueEmbedding(const Scope& scope, std::int64_t channels, std::int64_t width, ValueEmbeddingKind kind)
      : kernel(kind == ValueEmbeddingKind::convolution3 ? 3 : 1),
        projection(scope / "projection", channels * kernel, width, initializer(channels * kernel, kind),
                   kind == ValueEmbeddingKind::linear) {}

  Tensor operator()(const Tensor& x) const {
    return projection(kernel == 1 ? x : ops::circular_windows(x, kernel, kernel / 2));  // (B, T, D)
  }

 private:
  static Initializer initializer(std::int64_t fan_in, ValueEmbeddingKind kind) {
    const double scale = 1 / std::sqrt(static_cast<double>(fan_in));
    const double gain = std::sqrt(2 / (1 + 0.01 * 0.01));
    return kind == ValueEmbeddingKind::linear ? Initializer::uniform(scale)
                                              : Initializer::normal(gain * scale);
  }
};

}  // namespace attune::nn
