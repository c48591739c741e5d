#include "attune/ops/masked_fill/masked_fill.h"

#include <bit>
#include <cstdint>
#include <type_traits>

#include "attune/autograd/tape.h"
#include "attune/ops/broadcast.h"

namespace attune::ops {
namespace {

Tensor filled(const Tensor& x, const Tensor& mask, double value) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  dispatch_floating(x.dtype(), "masked_fill", [&]<typename T>(T*) {
    using Number = decltype(number(T{}));
    using Word = std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
    const T fill = static_cast<T>(static_cast<Number>(value));
    const T* from = x.data<T>();
    // Bytes and words: of these, unlike of bool and bfloat16, compilers make vectors.
    const auto* masked = reinterpret_cast<const std::uint8_t*>(mask.data<bool>());
    T* to = y.mutable_data<T>();
    const Loop<3> loop(x.shape(), {x.strides(), broadcast_strides(mask, x.shape()), y.strides()});
    const auto fill_row = [&](const auto& at, std::int64_t count, auto x_step, auto mask_step) {
      const Word fill_bits = std::bit_cast<Word>(fill);
      const T* values = from + at[0];
      const std::uint8_t* fills = masked + at[1];
      T* out = to + at[2];
      for (std::int64_t i = 0; i < count; ++i) {
        const Word value = std::bit_cast<Word>(values[i * x_step]);
        out[i] = std::bit_cast<T>(fills[i * mask_step] != 0 ? fill_bits : value);
      }
    };
    loop.parallel([&](const auto& at, std::int64_t count) {
      // Steps that the compiler knows let it make vectors of the common row.
      constexpr std::integral_constant<std::int64_t, 1> one;
      if (loop.step(0) == 1 && loop.step(1) == 1) {
        fill_row(at, count, one, one);
      } else {
        fill_row(at, count, loop.step(0), loop.step(1));
      }
    });
  });
  return y;
}

}  // namespace

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  check(mask.dtype() == DType::boolean, "masked_fill: mask has dtype {}, expected bool",
        name_of(mask.dtype()));
  check(broadcast(x.shape(), mask.shape(), "masked_fill") == x.shape(),
        "masked_fill: mask has shape {}, which does not broadcast to x {}", mask.shape(), x.shape());
  return record("masked_fill", {x, mask}, filled(x, mask, value),
                [mask = detach(mask)](Backward& b) { b.add(0, filled(b.gradient(), mask, 0)); });
}

}  // namespace attune::ops
