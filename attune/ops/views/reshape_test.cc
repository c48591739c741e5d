// Every reshape of many strided tensors, against a copy made element by element.
#include <gtest/gtest.h>

#include <array>

#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// All shapes of the given rank with this many elements.
void factorisations(std::int64_t elements, int rank, Shape prefix, std::vector<Shape>& out) {
  if (rank == 1) {
    out.push_back(prefix.appended(elements));
    return;
  }
  for (std::int64_t size = 1; size <= elements; ++size) {
    if (elements % size == 0) factorisations(elements / size, rank - 1, prefix.appended(size), out);
  }
}

// A (2, 1, 4, 3) window of a larger tensor in every order of its axes, and every slice of it by one axis.
std::vector<Tensor> windows() {
  const Tensor storage = Tensor::arange(3 * 2 * 5 * 3).alias({2, 1, 4, 3}, {30, 15, 3, 1}, 3);
  std::vector<Tensor> result{storage.alias({24}, {2}, 0), storage.alias({4, 6}, {0, 1}, 0)};
  std::array<int, 4> order{0, 1, 2, 3};
  do {
    Shape shape = storage.shape(), strides = storage.strides();
    for (int axis = 0; axis < 4; ++axis) {
      shape[axis] = storage.dim(order[static_cast<std::size_t>(axis)]);
      strides[axis] = storage.stride(order[static_cast<std::size_t>(axis)]);
    }
    const Tensor permuted = storage.alias(shape, strides, 0);
    result.push_back(permuted);
    for (int axis = 0; axis < 4; ++axis) {
      if (shape[axis] > 1) result.push_back(slice(permuted, axis, 1, shape[axis]));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return result;
}

TEST(Reshape, KeepsTheValuesInOrder) {
  for (const Tensor& window : windows()) {
    const auto expected = window.to_vector<std::int64_t>();
    for (int rank = 1; rank <= 4; ++rank) {
      std::vector<Shape> shapes;
      factorisations(window.elements(), rank, {}, shapes);
      for (const Shape& shape : shapes) {
        ASSERT_EQ(reshape(window, shape).to_vector<std::int64_t>(), expected)
            << window.shape().to_string() << " with strides " << window.strides().to_string() << " to "
            << shape.to_string();
      }
    }
  }
}

TEST(Reshape, OfAViewThatItCanWalkCopiesNothing) {
  const Tensor x = Tensor::arange(4 * 6 * 5).alias({4, 6, 5}, {30, 5, 1}, 0);
  const Tensor rows = slice(x, 0, 1, 3);  // (2, 6, 5)
  EXPECT_TRUE(reshape(rows, {12, 5}).shares_storage_with(x));
  EXPECT_TRUE(reshape(slice(x, 2, 0, 3), {4, 2, 3, 3}).shares_storage_with(x));  // splits 6
  EXPECT_TRUE(reshape(slice(x, 2, 0, 3), {24, 3}).shares_storage_with(x));       // merges 4 and 6
  EXPECT_TRUE(reshape(transpose(x, 1, 2), {4, 5, 2, 3}).shares_storage_with(x));
  EXPECT_FALSE(reshape(transpose(x, 1, 2), {4, 30}).shares_storage_with(x));
}

}  // namespace
}  // namespace attune::ops
