// Layer normalisation over the rows of a matrix (Ba, Kiros, Hinton 2016, 1607.06450, section 3).
//
// T is float or bfloat16 (rows in and out), W is float or bfloat16 (weight and bias); arithmetic is float32.
// Threaded; no result depends on the number of threads. `bias` may be null: there is none then.
#pragma once

#include <cstdint>

namespace attune::cpu {

// For every row: y = (x - mean) rstd weight + bias, with rstd = 1 / sqrt(variance + epsilon) and the biased
// variance. Writes mean[rows] and rstd[rows], which the gradient needs. y may be x.
template <typename T, typename W>
void layer_norm(const T* x, const W* weight, const W* bias, T* y, float* mean, float* rstd, std::int64_t rows,
                std::int64_t columns, float epsilon);

// sum = x + residual, y = layer_norm(sum), in one pass over memory. sum may be x or residual.
template <typename T, typename W>
void add_layer_norm(const T* x, const T* residual, const W* weight, const W* bias, T* sum, T* y, float* mean,
                    float* rstd, std::int64_t rows, std::int64_t columns, float epsilon);

// Where the gradients of the parameters go, float32 [columns]; either may be null. They are added to what is
// there if `accumulate`.
struct LayerNormGradients {
  float* weight = nullptr;
  float* bias = nullptr;
  bool accumulate = false;
};

// dx[r] = rstd (g - mean(g) - x^ mean(g x^)) + residual[r], where g = dy weight and x^ = (x - mean) rstd;
// `residual` is the gradient that reaches x on the residual path, or null. dx may be dy or residual.
template <typename T, typename W>
void layer_norm_backward(const T* dy, const T* x, const W* weight, const float* mean, const float* rstd,
                         const T* residual, T* dx, const LayerNormGradients& gradients, std::int64_t rows,
                         std::int64_t columns);

}  // namespace attune::cpu
