// Cross-entropy over the rows of a matrix of logits on the CPU, Real = float (vectorised) or double (plain
// loops, for reference). Threaded over rows; no result depends on the number of threads.
#pragma once

#include <cstdint>

namespace attune::cpu {

// What is wanted of some rows of logits.
struct LossRows {
  std::int64_t rows = 0, columns = 0;
  const std::int64_t* targets = nullptr;  // [rows]
  std::int64_t ignore_index = -100;
  double smoothing = 0;
};

// How many targets are not ignored. Throws for a target that is no column.
std::int64_t count_targets(const LossRows& of);

// losses[r] = log_sum_exp[r] - sum over v of q(v) logits[r, v], 0 for an ignored row; log_sum_exp may be
// null.
template <typename T, typename Real>
void cross_entropy_rows(const LossRows& of, const T* logits, Real* losses, Real* log_sum_exp);

// gradient[r, v] = factor (exp(logits[r, v] - log_sum_exp[r]) - q(v)), 0 for an ignored row.
template <typename T, typename Real>
void cross_entropy_gradient_rows(const LossRows& of, const T* logits, const Real* log_sum_exp, Real factor,
                                 T* gradient);

// Both while a row is in cache: losses as above, and the gradient of every row over its logits. With G
// smaller than Real, row r of the gradient fills the first part of the memory of row r of the logits.
template <typename Real, typename G>
void cross_entropy_rows_in_place(const LossRows& of, Real* logits, Real factor, Real* losses);

// sum / count in float64, in order; 0 when count is 0.
template <typename Real>
double mean_loss(const Real* losses, std::int64_t rows, std::int64_t count);

}  // namespace attune::cpu
