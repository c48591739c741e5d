// Gathering and scattering rows on the CPU.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y[i, :] = table[indices[i], :]; indices (N), table (V, D) with unit column stride, y (N, D) contiguous.
void gather_rows(const Tensor& indices, const Tensor& table, const Tensor& y);

// table[indices[i], :] += dy[i, :] for i = 0, 1, ... except where indices[i] is `skipped`; dy (N, D) and
// table (V, D) contiguous. A table that is not to be accumulated to is zeroed first.
void scatter_add_rows(const Tensor& indices, const Tensor& dy, std::int64_t skipped, bool accumulate,
                      const Tensor& table);

}  // namespace attune::ops
