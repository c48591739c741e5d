#include "attune/ops/patches/patches.h"

#include <algorithm>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// One of the types that values are stored in, and what they are added in.
template <typename T>
using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;

struct Layout {
  std::int64_t rows, steps, count, length, stride, first;  // first: where the first patch starts

  // Calls f(row of x, patches of it) in parallel.
  template <typename T, typename F>
  void for_each_row(T* x, auto* patches, F f) const {
    cpu::parallel_for(rows, cpu::rows_grain(count * length), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) f(x + r * steps, patches + r * count * length);
    });
  }

  // Values of patch n that stand in x; those after them repeat the last one.
  std::int64_t inside(std::int64_t n) const {
    return std::clamp<std::int64_t>(steps - first - n * stride, 0, length);
  }

  template <typename T>
  void cut(const T* x, T* patches) const {
    for (std::int64_t n = 0; n < count; ++n) {
      T* const patch = patches + n * length;
      const std::int64_t real = inside(n);
      std::copy_n(x + first + n * stride, real, patch);
      std::fill(patch + real, patch + length, x[steps - 1]);
    }
  }

  template <typename T>
  void join(T* dx, const T* patches) const {
    for (std::int64_t n = 0; n < count; ++n) {
      const T* const patch = patches + n * length;
      const std::int64_t real = inside(n);
      T* const to = dx + first + n * stride;
      for (std::int64_t i = 0; i < real; ++i)
        to[i] = T(static_cast<Sum<T>>(to[i]) + static_cast<Sum<T>>(patch[i]));
      for (std::int64_t i = real; i < length; ++i)
        dx[steps - 1] = T(static_cast<Sum<T>>(dx[steps - 1]) + static_cast<Sum<T>>(patch[i]));
    }
  }
};

}  // namespace

std::int64_t patch_count(std::int64_t steps, const PatchOptions& options) {
  return (steps + options.padding - options.length) / options.stride + 1;
}

Tensor patches(const Tensor& x, const PatchOptions& options) {
  const auto [length, stride, padding] = options;
  check(x.rank() >= 1 && is_floating(x.dtype()), "patches: x is {} {}, expected a floating type (..., T)",
        name_of(x.dtype()), x.shape());
  check(length >= 1 && stride >= 1 && padding >= 0,
        "patches: length {}, stride {} and padding {}, expected at least 1, 1 and 0", length, stride,
        padding);
  const std::int64_t steps = x.dim(-1);
  check(steps > 0 && steps + padding >= length,
        "patches: {} values and a padding of {} do not make a patch of {}", steps, padding, length);
  const std::int64_t count = patch_count(steps, options), rows = x.elements() / steps;
  const Layout layout{rows, steps, count, length, stride, steps + padding - length - (count - 1) * stride};
  const Tensor values = contiguous(detach(x));                                            // (..., T)
  const Tensor y = Tensor::empty(x.shape().with(-1, count).appended(length), x.dtype());  // (..., N, P)
  dispatch_floating(x.dtype(), "patches", [&]<typename T>(T*) {
    layout.for_each_row(values.data<T>(), y.mutable_data<T>(),
                        [&](const T* row, T* to) { layout.cut(row, to); });
  });
  return record("patches", {x}, y, [layout](Backward& b) {
    const Tensor dy = contiguous(b.gradient());  // (..., N, P)
    const Backward::Target dx = b.target(0);     // (..., T)
    dispatch_floating(dy.dtype(), "patches", [&]<typename T>(T*) {
      layout.for_each_row(dx.memory.mutable_data<T>(), dy.data<T>(), [&](T* to, const T* from) {
        if (!dx.accumulate) std::fill_n(to, layout.steps, T(0));
        layout.join(to, from);
      });
    });
  });
}

}  // namespace attune::ops
