// The one file that speaks to oneDNN (version 2; version 3 builds its descriptors differently).
#pragma once

#include "attune/backend/cpu/matmul.h"

namespace attune::cpu {

// As matmul(), for float32 and bfloat16 operands, k > 0.
void onednn_matmul(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
                   const Matrix& b, const Matrix& c, const MatmulOptions& options);

}  // namespace attune::cpu
