#include "attune/tensor/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "attune/base/error.h"

namespace attune {

Shape::Shape(std::span<const std::int64_t> dims) {
  check(dims.size() <= max_rank, "a tensor of {} dimensions: at most {} are supported", dims.size(),
        max_rank);
  rank_ = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

std::int64_t Shape::elements() const {
  std::int64_t count = 1;
  for (std::int64_t size : *this) count *= size;
  return count;
}

Shape Shape::with(int axis, std::int64_t size) const {
  Shape result = *this;
  result[axis] = size;
  return result;
}

Shape Shape::without(int axis) const {
  axis = normalize(axis);
  Shape result = *this;
  std::copy(dims_.begin() + axis + 1, dims_.begin() + rank_, result.dims_.begin() + axis);
  result.dims_[static_cast<std::size_t>(--result.rank_)] = 0;
  return result;
}

Shape Shape::appended(std::int64_t size) const {
  check(rank_ < max_rank, "a tensor has at most {} dimensions", max_rank);
  Shape result = *this;
  result.dims_[static_cast<std::size_t>(result.rank_++)] = size;
  return result;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string((*this)[axis]);
  }
  return text + "]";
}

void Shape::out_of_range(int axis) const {
  fail("axis {} does not exist in a tensor of shape {}", axis, *this);
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

Shape broadcast(const Shape& a, const Shape& b, const char* operation) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  for (int axis = 1; axis <= shorter.rank(); ++axis) {
    const std::int64_t x = longer[-axis], y = shorter[-axis];
    check(x == y || x == 1 || y == 1,
          "{}: shapes {} and {} do not broadcast (dimension {} from the end is {} and {})", operation, a, b,
          axis, x, y);
    result[-axis] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace attune

fmt::format_context::iterator fmt::formatter<attune::Shape>::format(const attune::Shape& shape,
                                                                    fmt::format_context& context) const {
  return fmt::format_to(context.out(), "{}", shape.to_string());
}
