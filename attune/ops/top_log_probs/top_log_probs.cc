#include "attune/ops/top_log_probs/top_log_probs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/ops/top_log_probs/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// The float64 path: one row, sorted.
void top_row(const double* x, std::int64_t n, std::int64_t count, std::span<const std::int64_t> suppressed,
             double* log_probs, std::int64_t* tokens) {
  std::vector<std::int64_t> order;
  const double most = *std::max_element(x, x + n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    sum += std::exp(x[i] - most);
    if (std::find(suppressed.begin(), suppressed.end(), i) == suppressed.end()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return x[a] > x[b]; });
  for (std::int64_t i = 0; i < count; ++i) {
    const bool there = i < std::ssize(order);
    tokens[i] = there ? order[static_cast<std::size_t>(i)] : -1;
    log_probs[i] = there ? x[tokens[i]] - most - std::log(sum) : -std::numeric_limits<double>::infinity();
  }
}

}  // namespace

TopLogProbs top_log_probs(const Tensor& logits, std::int64_t count,
                          std::span<const std::int64_t> suppressed) {
  check(logits.rank() == 2, "top_log_probs: logits have shape {}, expected (N, V)", logits.shape());
  check(logits.dtype() == DType::float32 || logits.dtype() == DType::float64,
        "top_log_probs: logits are {}, expected float32", name_of(logits.dtype()));
  check(logits.dim(1) > 0, "top_log_probs: logits have shape {}, expected at least one token",
        logits.shape());
  check(count >= 1, "top_log_probs: a count of {}, expected 1 or more", count);
  const Tensor rows = contiguous(detach(logits));                              // (N, V)
  const Tensor log_probs = Tensor::empty({rows.dim(0), count}, rows.dtype());  // (N, count)
  const Tensor tokens = Tensor::empty({rows.dim(0), count}, DType::int64);     // (N, count)
  std::int64_t* chosen = tokens.mutable_data<std::int64_t>();
  if (rows.dtype() == DType::float32) {
    cpu::top_log_probs(rows.data<float>(), rows.dim(0), rows.dim(1), count, suppressed,
                       log_probs.mutable_data<float>(), chosen);
  } else {
    for (std::int64_t r = 0; r < rows.dim(0); ++r) {
      top_row(rows.data<double>() + r * rows.dim(1), rows.dim(1), count, suppressed,
              log_probs.mutable_data<double>() + r * count, chosen + r * count);
    }
  }
  return {record_without_gradient("top_log_probs", {logits}, log_probs), tokens};
}

}  // namespace attune::ops
