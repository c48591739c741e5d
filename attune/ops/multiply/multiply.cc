#include "attune/ops/multiply/multiply.h"

#include <functional>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/ops/broadcast.h"

namespace attune::ops {
namespace {

Tensor product(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(broadcast(a.shape(), b.shape(), "multiply"), a.dtype(), a.device());
  dispatch_floating(a.dtype(), "multiply", [&]<typename T>(T*) {
    if constexpr (!std::is_same_v<T, double>) {
      if (a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous())
        return cpu::multiply(a.data<T>(), b.data<T>(), y.mutable_data<T>(), y.elements());
    }
    for_each_pair<T, T, T>(a, b, y, std::multiplies<>());
  });
  return y;
}

}  // namespace

Tensor multiply(const Tensor& a, const Tensor& b) {
  check(a.dtype() == b.dtype(), "multiply: operands of {} and {}", name_of(a.dtype()), name_of(b.dtype()));
  return record("multiply", {a, b}, product(a, b), [a = detach(a), b = detach(b)](Backward& back) {
    const Tensor& dy = back.gradient();
    if (back.needs(0)) back.add(0, sum_to(product(dy, b), a.shape(), a.dtype()));
    if (back.needs(1)) back.add(1, sum_to(product(dy, a), b.shape(), b.dtype()));
  });
}

}  // namespace attune::ops
