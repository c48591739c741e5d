#include "attune/ops/scale/scale.h"

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/ops/views/views.h"

namespace attune::ops {

Tensor scale(const Tensor& x, double factor) {
  const Tensor values = contiguous(detach(x));
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  dispatch_floating(x.dtype(), "scale", [&]<typename T>(T*) {
    const T* from = values.data<T>();
    T* to = y.mutable_data<T>();
    if constexpr (std::is_same_v<T, double>) {
      for (std::int64_t i = 0; i < y.elements(); ++i) to[i] = factor * from[i];
    } else {
      cpu::scale(from, static_cast<float>(factor), to, y.elements());
    }
  });
  return record("scale", {x}, y, [factor](Backward& b) { b.add(0, scale(b.gradient(), factor)); });
}

}  // namespace attune::ops
