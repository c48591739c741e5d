#include "attune/ops/concatenate/concatenate.h"

#include "attune/autograd/tape.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// The shape of the whole.
Shape joined_shape(const std::vector<Tensor>& parts, int axis) {
  const Tensor& first = parts.front();
  std::int64_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Tensor& part = parts[i];
    check(part.rank() == first.rank() && part.shape().with(axis, first.dim(axis)) == first.shape(),
          "concatenate: part {} has shape {}, the first has {}; only dimension {} may differ", i,
          part.shape(), first.shape(), axis);
    check(part.dtype() == first.dtype(), "concatenate: part {} is {}, the first is {}", i,
          name_of(part.dtype()), name_of(first.dtype()));
    total += part.dim(axis);
  }
  return first.shape().with(axis, total);
}

}  // namespace

Tensor concatenate(const std::vector<Tensor>& parts, int axis) {
  check(!parts.empty(), "concatenate: no parts");
  axis = parts.front().shape().normalize(axis);
  const Tensor whole =
      Tensor::empty(joined_shape(parts, axis), parts.front().dtype(), parts.front().device());
  std::vector<std::int64_t> ends{0};
  for (const Tensor& part : parts) {
    ends.push_back(ends.back() + part.dim(axis));
    slice(whole, axis, ends[ends.size() - 2], ends.back()).copy_from(part);
  }
  record("concatenate", parts, std::span(&whole, 1), [ends, axis](Backward& b) {
    for (std::size_t i = 0; i + 1 < ends.size(); ++i)
      b.add(static_cast<int>(i), slice(b.gradient(), axis, ends[i], ends[i + 1]));
  });
  return whole;
}

}  // namespace attune::ops
