// One pass of an optimizer over a flat range of parameters: float32 master weights with their gradients and
// moments, and on the way the bfloat16 copy that the products use. Threaded; every element is its own, so no
// result depends on the number of threads. Formulas and their order are PyTorch's.
#pragma once

#include <cstdint>

#include "attune/tensor/dtype.h"

namespace attune::cpu {

// A flat range of n parameters. Gradients are multiplied by `gradient_scale` before use (clipping,
// averaging).
struct ParameterRange {
  float* parameter = nullptr;
  const float* gradient = nullptr;
  bfloat16* copy = nullptr;  // where the rounded parameters go, or null
  std::int64_t n = 0;
  float gradient_scale = 1.0f;
};

struct AdamOptions {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  // Whether the decay acts on the parameter itself, p -= learning_rate weight_decay p (AdamW: Loshchilov,
  // Hutter 2017, 1711.05101), or is added to the gradient (L2 regularisation, Adam).
  bool decoupled_decay = true;
  std::int64_t step = 1;  // this step's number, from 1
};

// Adam (Kingma, Ba 2014, 1412.6980, algorithm 1) and AdamW: m and v are the running first and second moments,
//   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
//   p -= learning_rate / (1 - beta1^step) m / (sqrt(v / (1 - beta2^step)) + epsilon).
void adam_step(const AdamOptions& options, const ParameterRange& range, float* m, float* v);

struct SgdOptions {
  double learning_rate = 1e-3, momentum = 0, weight_decay = 0;  // the decay is added to the gradient
};

// velocity = momentum velocity + g, p -= learning_rate velocity. `velocity` starts at zero; null if momentum
// is 0.
void sgd_step(const SgdOptions& options, const ParameterRange& range, float* velocity);

// The sum of squares of a flat range, summed in float64 in an order that does not depend on the number of
// threads. No square of a float overflows float64, so the result is finite exactly if every element is.
double sum_of_squares(const float* x, std::int64_t n);

}  // namespace attune::cpu
