// A series cut into patches, the tokens of PatchTST (Nie et al., 2211.14730, section 3.1).
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct PatchOptions {
  std::int64_t length = 16, stride = 8;  // P; from the start of a patch to the next
  std::int64_t padding = 0;              // how often the last value is repeated at the end
};

// N: how many patches T values give.
std::int64_t patch_count(std::int64_t steps, const PatchOptions& options);

// x (..., T) -> (..., N, P). The last patch ends with the last value; where the stride does not fit, values
// at the start go into no patch.
Tensor patches(const Tensor& x, const PatchOptions& options);

}  // namespace attune::ops
