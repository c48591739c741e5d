// Root mean square normalisation over the rows of a matrix (Zhang and Sennrich 2019, 1910.07467, section 4).
//
// X is the type of the rows that come in, Y of the normalised rows: float or bfloat16 each; arithmetic and
// weight are float32. Threaded; no result depends on the number of threads.
#pragma once

#include <cstdint>

#include "attune/backend/cpu/layer_norm.h"

namespace attune::cpu {

// For every row: y = x rrms weight, with rrms = 1 / sqrt(mean(x^2) + epsilon). Writes rrms[rows], which the
// gradient needs. y may be x.
template <typename X, typename Y>
void rms_norm(const X* x, const float* weight, Y* y, float* rrms, std::int64_t rows, std::int64_t columns,
              float epsilon);

// dx[r] = rrms (g - x^ mean(g x^)), added to what is there when `accumulate`, where g = dy weight and
// x^ = x rrms.
template <typename X, typename Y>
void rms_norm_backward(const Y* dy, const X* x, const float* weight, const float* rrms, bool accumulate,
                       X* dx, const ParameterGradient& dweight, std::int64_t rows, std::int64_t columns);

}  // namespace attune::cpu
