// Layer normalisation over the rows of a matrix (Ba, Kiros, Hinton 2016, 1607.06450, section 3).
//
// X is the type of the rows that come in, Y of the normalised rows: float or bfloat16 each; arithmetic,
// weight and bias are float32. Threaded; no result depends on the number of threads. `bias` may be null:
// there is none then.
#pragma once

#include <cstdint>

#include "attune/tensor/dtype.h"

namespace attune::cpu {

// For every row: y = (x - mean) rstd weight + bias, with rstd = 1 / sqrt(variance + epsilon) and the biased
// variance. Writes mean[rows] and rstd[rows], which the gradient needs. y may be x.
template <typename X, typename Y>
void layer_norm(const X* x, const float* weight, const float* bias, Y* y, float* mean, float* rstd,
                std::int64_t rows, std::int64_t columns, float epsilon);

// sum = x + branch, y = layer_norm(sum), in one pass over memory. sum may be x or branch. Branch is X, or
// bfloat16 beside a float x.
template <typename X, typename Branch, typename Y>
void add_layer_norm(const X* x, const Branch* branch, const float* weight, const float* bias, X* sum, Y* y,
                    float* mean, float* rstd, std::int64_t rows, std::int64_t columns, float epsilon);

// Where the gradient of a parameter goes, [columns]; no memory: it is not wanted.
struct ParameterGradient {
  float* memory = nullptr;
  bool accumulate = false;  // add to what is there
};

// dx[r] = rstd (g - mean(g) - x^ mean(g x^)) + residual[r], where g = dy weight and x^ = (x - mean) rstd;
// `residual` is the gradient that reaches x on the residual path, or null. dx may be dy or residual.
// `rounded` receives dx in bfloat16 too, unless null.
template <typename X, typename Y>
void layer_norm_backward(const Y* dy, const X* x, const float* weight, const float* mean, const float* rstd,
                         const X* residual, X* dx, bfloat16* rounded, const ParameterGradient& dweight,
                         const ParameterGradient& dbias, std::int64_t rows, std::int64_t columns);

}  // namespace attune::cpu
