#include "attune/autograd/accumulate.h"

#include <array>

#include "attune/backend/cpu/threads.h"

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
  dispatch_floating(to.dtype(), "accumulate", [&]<typename T>(T*) {
    T* target = to.mutable_data<T>();
    const T* source = gradient.data<T>();
    if (gradient.is_contiguous() && to.is_contiguous()) {
      cpu::parallel_for(to.elements(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
        add_row(target + begin, 1, source + begin, 1, end - begin);
      });
      return;
    }
    for_each_row(to.shape(), std::array{to.strides(), gradient.strides()},
                 [&](std::span<const std::int64_t> at) {
                   add_row(target + at[0], to.rank() > 0 ? to.stride(-1) : 1, source + at[1],
                           gradient.rank() > 0 ? gradient.stride(-1) : 1, to.rank() > 0 ? to.dim(-1) : 1);
                 });
  });
}

}  // namespace attune
