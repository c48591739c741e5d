// The sizes of a tensor's dimensions.
#pragma once

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace attune {

// Up to eight dimensions, stored inline. Also used for strides (counted in elements).
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::int64_t> dims);

  int rank() const { return rank_; }
  // dims[-1] is the last dimension.
  std::int64_t operator[](int axis) const { return dims_[static_cast<std::size_t>(normalize(axis))]; }
  std::int64_t& operator[](int axis) { return dims_[static_cast<std::size_t>(normalize(axis))]; }
  std::int64_t elements() const;

  // An axis counted from the front; throws when it is out of range.
  int normalize(int axis) const {
    if (axis < -rank_ || axis >= rank_) [[unlikely]]
      out_of_range(axis);
    return axis < 0 ? axis + rank_ : axis;
  }

  Shape with(int axis, std::int64_t size) const;
  Shape without(int axis) const;
  Shape appended(std::int64_t size) const;

  const std::int64_t* begin() const { return dims_.data(); }
  const std::int64_t* end() const { return dims_.data() + rank_; }
  bool operator==(const Shape& other) const;

  // "[8, 128, 768]"
  std::string to_string() const;

 private:
  [[noreturn]] void out_of_range(int axis) const;

  std::array<std::int64_t, max_rank> dims_{};
  int rank_ = 0;
};

// Strides, in elements, of a tensor whose last dimension varies fastest.
Shape contiguous_strides(const Shape& shape);

// The shape both broadcast to by NumPy's rule; throws Error naming `operation` when there is none.
Shape broadcast(const Shape& a, const Shape& b, const char* operation);

}  // namespace attune

// As to_string().
template <>
struct fmt::formatter<attune::Shape> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::format_context::iterator format(const attune::Shape& shape, fmt::format_context& context) const;
};
