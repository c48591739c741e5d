// The rows of top_log_probs on the CPU, threaded over rows.
#pragma once

#include <cstdint>
#include <span>

namespace attune::cpu {

// x (rows, columns); log_probs and tokens (rows, count), as ops::top_log_probs says.
void top_log_probs(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t count,
                   std::span<const std::int64_t> suppressed, float* log_probs, std::int64_t* tokens);

}  // namespace attune::cpu
