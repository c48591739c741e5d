#include "attune/ops/add/add.h"

#include <functional>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/ops/broadcast.h"

namespace attune::ops {
namespace {

DType sum_type(const Tensor& a, const Tensor& b) {
  const bool mixed = (a.dtype() == DType::float32 && b.dtype() == DType::bfloat16) ||
                     (a.dtype() == DType::bfloat16 && b.dtype() == DType::float32);
  check(is_floating(a.dtype()) && (a.dtype() == b.dtype() || mixed), "add: operands of {} and {}",
        name_of(a.dtype()), name_of(b.dtype()));
  return mixed ? DType::float32 : a.dtype();
}

// Whether a is rows, each of the shape of b: a bias, positions, or the same shape.
bool is_rows_of(const Tensor& a, const Tensor& b) {
  if (!a.is_contiguous() || !b.is_contiguous() || a.rank() < b.rank() || b.elements() == 0) return false;
  return std::equal(b.shape().begin(), b.shape().end(), a.shape().end() - b.rank());
}

template <typename A, typename B>
void add_to_rows(const A* a, const B* b, A* y, std::int64_t rows, std::int64_t columns) {
  if (rows > 1) return cpu::add_bias(a, b, y, rows, columns);
  cpu::parallel_for(columns, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    cpu::add_bias(a + begin, b + begin, y + begin, 1, end - begin);
  });
}

template <typename A, typename B>
void add_pair(const Tensor& a, const Tensor& b, const Tensor& y) {
  using Y = std::conditional_t<std::is_same_v<A, B>, A, float>;
  if constexpr (std::is_same_v<A, Y> && !std::is_same_v<A, double>) {
    if (is_rows_of(a, b)) {
      return add_to_rows(a.data<A>(), b.data<B>(), y.mutable_data<Y>(), a.elements() / b.elements(),
                         b.elements());
    }
  }
  for_each_pair<A, B, Y>(a, b, y, std::plus<>());
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  if (a.rank() < b.rank() && a.dtype() == b.dtype()) return add(b, a);
  Tensor y = Tensor::empty(broadcast(a.shape(), b.shape(), "add"), sum_type(a, b), a.device());
  dispatch_floating(a.dtype(), "add", [&]<typename A>(A*) {
    if (a.dtype() == b.dtype()) {
      add_pair<A, A>(a, b, y);
    } else if constexpr (std::is_same_v<A, float>) {
      add_pair<float, bfloat16>(a, b, y);
    } else if constexpr (std::is_same_v<A, bfloat16>) {
      add_pair<bfloat16, float>(a, b, y);
    }
  });
  return record(
      "add", {a, b}, y,
      [a_shape = a.shape(), b_shape = b.shape(), a_type = a.dtype(), b_type = b.dtype()](Backward& back) {
        if (back.needs(0)) back.add(0, sum_to(back.gradient(), a_shape, a_type));
        if (back.needs(1)) back.add(1, sum_to(back.gradient(), b_shape, b_type));
      });
}

}  // namespace attune::ops
