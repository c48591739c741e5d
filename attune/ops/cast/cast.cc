#include "attune/ops/cast/cast.h"

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/ops/broadcast.h"

namespace attune::ops {
namespace {

template <typename From, typename To>
void convert(const Tensor& x, const Tensor& y) {
  constexpr bool has_kernel = (std::is_same_v<From, float> && std::is_same_v<To, bfloat16>) ||
                              (std::is_same_v<From, bfloat16> && std::is_same_v<To, float>);
  const From* from = x.data<From>();
  To* to = y.mutable_data<To>();
  if constexpr (has_kernel) {
    if (x.is_contiguous()) return cpu::convert(from, to, x.elements());
  }
  const Loop<2> loop(y.shape(), {x.strides(), y.strides()});
  loop.parallel([&](const auto& at, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      // float64 goes to bfloat16 by way of float32
      using Between = std::conditional_t<std::is_same_v<To, bfloat16>, float, To>;
      to[at[1] + i * loop.step(1)] =
          static_cast<To>(static_cast<Between>(number(from[at[0] + i * loop.step(0)])));
    }
  });
}

}  // namespace

Tensor cast(const Tensor& x, DType dtype) {
  check(is_floating(x.dtype()) && is_floating(dtype), "cast: from {} to {}, expected floating types",
        name_of(x.dtype()), name_of(dtype));
  if (x.dtype() == dtype) return x;
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  dispatch_floating(x.dtype(), "cast", [&]<typename From>(From*) {
    dispatch_floating(dtype, "cast", [&]<typename To>(To*) { convert<From, To>(x, y); });
  });
  return record("cast", {x}, y, [from = x.dtype()](Backward& b) { b.add(0, cast(b.gradient(), from)); });
}

}  // namespace attune::ops
