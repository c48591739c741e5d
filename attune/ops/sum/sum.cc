#include "attune/ops/sum/sum.h"

#include "attune/autograd/tape.h"
#include "attune/ops/broadcast.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/sum/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

Tensor sum_of(const Tensor& x, std::int64_t outer, std::int64_t run, std::int64_t inner, const Shape& shape) {
  const Tensor values = detach(x);
  return reshape(cast(cpu::sum_middle(contiguous(values), outer, run, inner), x.dtype()), shape);
}

}  // namespace

Tensor sum(const Tensor& x) {
  return record("sum", {x}, sum_of(x, 1, x.elements(), 1, {}),
                [shape = x.shape()](Backward& b) { b.add(0, expand(b.gradient(), shape)); });
}

Tensor sum(const Tensor& x, int axis) {
  axis = x.shape().normalize(axis);
  std::int64_t outer = 1, inner = 1;
  for (int before = 0; before < axis; ++before) outer *= x.dim(before);
  for (int after = axis + 1; after < x.rank(); ++after) inner *= x.dim(after);
  const Tensor y = sum_of(x, outer, x.dim(axis), inner, x.shape().without(axis));
  return record("sum", {x}, y, [shape = x.shape(), axis](Backward& b) {
    const Tensor kept = reshape(b.gradient(), shape.with(axis, 1));
    b.add(0, expand(kept, shape));
  });
}

}  // namespace attune::ops
