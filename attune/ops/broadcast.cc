#include "attune/ops/broadcast.h"

#include "attune/ops/cast/cast.h"
#include "attune/ops/sum/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {

Shape broadcast_strides(const Tensor& x, const Shape& to) {
  Shape strides = to;
  for (int axis = 1; axis <= to.rank(); ++axis) {
    const bool repeated = axis > x.rank() || (x.dim(-axis) == 1 && to[-axis] != 1);
    strides[-axis] = repeated ? 0 : x.stride(-axis);
  }
  return strides;
}

Tensor expand(const Tensor& x, const Shape& to) { return x.alias(to, broadcast_strides(x, to), 0); }

Tensor sum_to(const Tensor& x, const Shape& shape, DType dtype) {
  if (x.shape() == shape) return cast(x, dtype);
  // Each run of repeated dimensions is summed in one pass over (outer, run, inner).
  Tensor sum = x;
  const Shape all = x.shape();
  const auto kept = [&](int axis) {
    const int own = axis - (all.rank() - shape.rank());
    return own >= 0 && (shape[own] != 1 || all[axis] == 1);
  };
  std::int64_t outer = 1;
  for (int axis = 0; axis < all.rank();) {
    if (kept(axis)) {
      outer *= all[axis++];
      continue;
    }
    std::int64_t run = 1, inner = 1;
    for (; axis < all.rank() && !kept(axis); ++axis) run *= all[axis];
    for (int rest = axis; rest < all.rank(); ++rest) inner *= all[rest];
    sum = cpu::sum_middle(contiguous(sum), outer, run, inner);
  }
  return reshape(cast(sum, dtype), shape);
}

}  // namespace attune::ops
