// Rows of a table, looked up by index.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// y[..., :] = table[indices[...], :] for indices int64 (...) in [0, V) and table (V, D): y (..., D), float32
// for a float32 or bfloat16 table, float64 for float64.
//
// The gradient adds row by row in the order of the indices, so it is the same for any number of threads. Row
// `padding_index` gets none (-1: every row does). An index outside of the table is an error that names its
// position.
Tensor embedding(const Tensor& indices, const Tensor& table, std::int64_t padding_index = -1);

}  // namespace attune::ops
