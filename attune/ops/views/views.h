// Views: other windows on the same memory. Nothing is copied, except by contiguous() and by a reshape that no
// window can express.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::ops {

// The same values under another shape; one size may be -1 and is found from the rest. Copies when x is not
// laid out in a way that the new shape can walk.
Tensor reshape(const Tensor& x, const Shape& shape);

// Swaps two dimensions.
Tensor transpose(const Tensor& x, int axis_a, int axis_b);

// Elements [begin, end) of a dimension.
Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end);

// The same values, laid out row by row; x itself when it is so already.
Tensor contiguous(const Tensor& x);

}  // namespace attune::ops
