// Element-wise loops over several strided operands at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "attune/backend/cpu/threads.h"
#include "attune/tensor/shape.h"

namespace attune {

// The elements of `shape` as rows, for N operands that each have their own strides (0 where an operand is
// broadcast). Dimensions that lie without gaps in every operand are merged, so that whole contiguous tensors
// are one row.
template <std::size_t N>
class Loop {
 public:
  using Offsets = std::array<std::int64_t, N>;

  Loop(const Shape& shape, const std::array<Shape, N>& strides) {
    empty_ = shape.elements() == 0;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      Offsets steps;
      for (std::size_t k = 0; k < N; ++k) steps[k] = strides[k][axis];
      append(shape[axis], steps);
    }
    if (rank_ == 0) append(1, {});
  }

  // How far apart two elements of a row lie in operand k.
  std::int64_t step(std::size_t k) const { return steps_[rank_ - 1][k]; }
  // Whether all operands are walked one by one, each element once.
  bool is_flat() const {
    return rank_ == 1 && (sizes_[0] == 1 || std::ranges::all_of(steps_[0], [](auto s) { return s == 1; }));
  }

  // Calls body(offsets, count) for parts of rows that together cover all elements, in parallel. `offsets` (in
  // elements) is where the part begins in each operand.
  template <typename Body>
  void parallel(const Body& body) const {
    constexpr std::int64_t grain = 1 << 15;
    const std::int64_t width = sizes_[rank_ - 1];
    if (empty_) return;
    if (rank_ == 1) {
      cpu::parallel_for(width, grain, [&](std::int64_t begin, std::int64_t end) {
        Offsets at;
        for (std::size_t k = 0; k < N; ++k) at[k] = begin * steps_[0][k];
        body(at, end - begin);
      });
      return;
    }
    std::int64_t rows = 1;
    for (std::size_t axis = 0; axis + 1 < rank_; ++axis) rows *= sizes_[axis];
    cpu::parallel_for(rows, std::max<std::int64_t>(1, grain / width),
                      [&](std::int64_t begin, std::int64_t end) { walk(begin, end, body); });
  }

 private:
  // Adds an inner dimension; merges it into the one outside it where every operand allows.
  void append(std::int64_t size, const Offsets& steps) {
    const bool merges = rank_ > 0 && [&] {
      for (std::size_t k = 0; k < N; ++k) {
        if (steps_[rank_ - 1][k] != size * steps[k]) return false;
      }
      return true;
    }();
    if (merges) {
      sizes_[rank_ - 1] *= size;
      steps_[rank_ - 1] = steps;
    } else {
      sizes_[rank_] = size;
      steps_[rank_++] = steps;
    }
  }

  // Rows [begin, end), counted with the last outer dimension fastest.
  template <typename Body>
  void walk(std::int64_t begin, std::int64_t end, const Body& body) const {
    const std::size_t outer = rank_ - 1;
    std::array<std::int64_t, Shape::max_rank> index{};
    Offsets at{};
    for (std::size_t axis = outer, rest = static_cast<std::size_t>(begin); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(sizes_[axis]);
      index[axis] = static_cast<std::int64_t>(rest % size);
      rest /= size;
      for (std::size_t k = 0; k < N; ++k) at[k] += index[axis] * steps_[axis][k];
    }
    for (std::int64_t row = begin; row < end; ++row) {
      body(at, sizes_[outer]);
      for (std::size_t axis = outer; axis-- > 0;) {
        for (std::size_t k = 0; k < N; ++k) at[k] += steps_[axis][k];
        if (++index[axis] < sizes_[axis]) break;
        for (std::size_t k = 0; k < N; ++k) at[k] -= steps_[axis][k] * sizes_[axis];
        index[axis] = 0;
      }
    }
  }

  bool empty_ = false;
  std::size_t rank_ = 0;
  std::array<std::int64_t, Shape::max_rank> sizes_{};
  std::array<Offsets, Shape::max_rank> steps_{};
};

}  // namespace attune
