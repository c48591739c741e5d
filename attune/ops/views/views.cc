#include "attune/ops/views/views.h"

#include <array>
#include <optional>

#include "attune/autograd/accumulate.h"
#include "attune/autograd/tape.h"

namespace attune::ops {
namespace {

Shape resolve(const Shape& from, const Shape& to) {
  int unknown = -1;
  std::int64_t known = 1;
  for (int axis = 0; axis < to.rank(); ++axis) {
    if (to[axis] == -1) {
      check(unknown < 0, "reshape: more than one size of {} is -1", to);
      unknown = axis;
    } else {
      known *= to[axis];
    }
  }
  Shape result = to;
  if (unknown >= 0) result[unknown] = known > 0 ? from.elements() / known : 0;
  check(result.elements() == from.elements(), "reshape: {} has {} elements, which do not fit {}", from,
        from.elements(), to);
  return result;
}

// Strides that walk x's memory under `shape`, if there are any: each group of old dimensions that lies
// without gaps can be cut into new dimensions.
std::optional<Shape> strides_for(const Tensor& x, const Shape& shape) {
  Shape strides = contiguous_strides(shape);
  if (x.is_contiguous()) return strides;
  int old = x.rank() - 1;
  int axis = shape.rank() - 1;
  while (axis >= 0) {
    while (old >= 0 && x.dim(old) == 1) --old;
    if (old < 0) break;
    std::int64_t block = x.dim(old), step = x.stride(old);
    while (old > 0 && (x.dim(old - 1) == 1 || x.stride(old - 1) == block * step)) block *= x.dim(--old);
    --old;
    for (std::int64_t covered = 1; axis >= 0 && (covered < block || shape[axis] == 1); --axis) {
      strides[axis] = step * covered;
      covered *= shape[axis];
      if (block % covered != 0) return std::nullopt;
    }
  }
  return strides;
}

}  // namespace

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  y.copy_from(x);
  return record("contiguous", {x}, y, [](Backward& b) { b.add(0, b.gradient()); });
}

Tensor reshape(const Tensor& x, const Shape& requested) {
  const Shape shape = resolve(x.shape(), requested);
  if (shape == x.shape()) return x;
  const auto strides = strides_for(x, shape);
  if (!strides) return reshape(contiguous(x), shape);
  return record("reshape", {x}, x.alias(shape, *strides, 0),
                [old = x.shape()](Backward& b) { b.add(0, reshape(b.gradient(), old)); });
}

Tensor transpose(const Tensor& x, int axis_a, int axis_b) {
  Shape shape = x.shape(), strides = x.strides();
  std::swap(shape[axis_a], shape[axis_b]);
  std::swap(strides[axis_a], strides[axis_b]);
  return record("transpose", {x}, x.alias(shape, strides, 0),
                [axis_a, axis_b](Backward& b) { b.add(0, transpose(b.gradient(), axis_a, axis_b)); });
}

Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end) {
  axis = x.shape().normalize(axis);
  check(begin >= 0 && begin <= end && end <= x.dim(axis), "slice: [{}, {}) of dimension {} of {}", begin, end,
        axis, x.shape());
  const auto window = [axis, begin, end](const Tensor& t) {
    return t.alias(t.shape().with(axis, end - begin), t.strides(), begin * t.stride(axis));
  };
  return record("slice", {x}, window(x), [=, shape = x.shape(), dtype = x.dtype()](Backward& b) {
    // The slices of one tensor together cover it; each adds its part to the one gradient.
    const Backward::Target target = b.target(0);
    if (!target.accumulate)
      std::memset(target.memory.raw_mutable_data(), 0, shape.elements() * size_of(dtype));
    accumulate(window(target.memory), b.gradient());
  });
}

}  // namespace attune::ops
