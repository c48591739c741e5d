#include "attune/autograd/accumulate.h"

#include "attune/backend/cpu/elementwise.h"
#include "attune/tensor/loop.h"

namespace attune {
namespace {

template <typename T>
void add_row(T* to, std::int64_t to_step, const T* from, std::int64_t from_step, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    T& sum = to[i * to_step];
    if constexpr (std::is_same_v<T, bfloat16>) {
      sum = bfloat16(static_cast<float>(sum) + static_cast<float>(from[i * from_step]));
    } else {
      sum += from[i * from_step];
    }
  }
}

}  // namespace

void accumulate(const Tensor& to, const Tensor& gradient) {
  const Loop<2> loop(to.shape(), {to.strides(), gradient.strides()});
  dispatch_floating(to.dtype(), "accumulate", [&]<typename T>(T*) {
    T* target = to.mutable_data<T>();
    const T* source = gradient.data<T>();
    loop.parallel([&](const auto& at, std::int64_t count) {
      T* row = target + at[0];
      const T* values = source + at[1];
      if constexpr (!std::is_same_v<T, double>) {
        if (loop.step(0) == 1 && loop.step(1) == 1) return cpu::add(row, values, row, count);
      }
      add_row(row, loop.step(0), values, loop.step(1), count);
    });
  });
}

}  // namespace attune
