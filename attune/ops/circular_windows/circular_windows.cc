#include "attune/ops/circular_windows/circular_windows.h"

#include <algorithm>
#include <type_traits>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

struct Circle {
  std::int64_t steps, channels, width, padding;
  std::int64_t windows() const { return steps + 2 * padding - width + 1; }
  // The step that stands at place k of window t.
  std::int64_t step(std::int64_t t, std::int64_t k) const { return (t - padding + k + 2 * steps) % steps; }
};

// Calls body(row, window) for every row of x that stands in a window: row[c] is window[c * width].
template <typename X, typename Y, typename Body>
void for_each_place(const Circle& circle, X* x, Y* y, Body body) {
  for (std::int64_t t = 0; t < circle.windows(); ++t) {
    for (std::int64_t k = 0; k < circle.width; ++k) {
      body(x + circle.step(t, k) * circle.channels, y + t * circle.channels * circle.width + k);
    }
  }
}

template <typename T>
void gather(const Circle& circle, const T* x, T* y) {
  const std::int64_t channels = circle.channels, width = circle.width;
  if (width == 3) {  // the width that models have, with steps that the compiler knows
    for (std::int64_t t = 0; t < circle.windows(); ++t, y += 3 * channels) {
      const T *first = x + circle.step(t, 0) * channels, *second = x + circle.step(t, 1) * channels;
      const T* third = x + circle.step(t, 2) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        y[3 * c] = first[c];
        y[3 * c + 1] = second[c];
        y[3 * c + 2] = third[c];
      }
    }
    return;
  }
  for_each_place(circle, x, y, [=](const T* row, T* window) {
    for (std::int64_t c = 0; c < channels; ++c) window[c * width] = row[c];
  });
}

// dx, which holds zeros or what is accumulated, += the gradients of every place that a step stands at.
template <typename T>
void scatter(const Circle& circle, const T* dy, T* dx) {
  const std::int64_t channels = circle.channels, width = circle.width;
  for_each_place(circle, dx, dy, [=](T* row, const T* window) {
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    for (std::int64_t c = 0; c < channels; ++c)
      row[c] = static_cast<T>(static_cast<Wide>(row[c]) + static_cast<Wide>(window[c * width]));
  });
}

Tensor forward(const Tensor& x, const Circle& circle) {
  const std::int64_t row = circle.channels * circle.width;
  const Tensor y = Tensor::empty({x.dim(0), circle.windows(), row}, x.dtype(), x.device());
  dispatch_floating(x.dtype(), "circular_windows", [&]<typename T>(T*) {
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    cpu::parallel_for(
        x.dim(0), cpu::rows_grain(circle.windows() * row), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t b = begin; b < end; ++b)
            gather(circle, from + b * circle.steps * circle.channels, to + b * circle.windows() * row);
        });
  });
  return y;
}

void backward(const Tensor& dy, const Circle& circle, const Backward::Target& target) {
  const std::int64_t in = circle.steps * circle.channels;
  const std::int64_t out = circle.windows() * circle.channels * circle.width;
  dispatch_floating(dy.dtype(), "circular_windows", [&]<typename T>(T*) {
    const T* from = dy.data<T>();
    T* to = target.memory.mutable_data<T>();
    cpu::parallel_for(dy.dim(0), cpu::rows_grain(out), [&](std::int64_t begin, std::int64_t end) {
      if (!target.accumulate) std::fill(to + begin * in, to + end * in, T{});
      for (std::int64_t b = begin; b < end; ++b) scatter(circle, from + b * out, to + b * in);
    });
  });
}

}  // namespace

Tensor circular_windows(const Tensor& x, std::int64_t width, std::int64_t padding) {
  check(x.rank() == 3 && x.dim(1) > 0, "circular_windows: x has shape {}, expected (B, T, C) of T > 0 steps",
        x.shape());
  const Circle circle{x.dim(1), x.dim(2), width, padding};
  check(width > 0 && padding >= 0 && padding <= circle.steps && circle.windows() > 0,
        "circular_windows: a width of {} and a padding of {} do not fit {} steps", width, padding,
        circle.steps);
  return record("circular_windows", {x}, forward(contiguous(detach(x)), circle),
                [circle](Backward& b) { backward(contiguous(b.gradient()), circle, b.target(0)); });
}

}  // namespace attune::ops
