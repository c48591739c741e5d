// What operations with broadcasting operands share.
#pragma once

#include "attune/tensor/loop.h"
#include "attune/tensor/tensor.h"

namespace attune::ops {

// The strides that walk x as if it had the shape `to`, by NumPy's rule: 0 where x is repeated.
Shape broadcast_strides(const Tensor& x, const Shape& to);

// x repeated to the shape `to`, as a window: nothing is copied. Not on the tape.
Tensor expand(const Tensor& x, const Shape& to);

// The gradient of a broadcast: x summed over the dimensions in which `shape` was repeated, in the given type.
// Sums are float32 (float64 for float64). Not on the tape.
Tensor sum_to(const Tensor& x, const Shape& shape, DType dtype);

// A value as the type in which arithmetic is done.
inline float number(float x) { return x; }
inline double number(double x) { return x; }
inline float number(bfloat16 x) { return static_cast<float>(x); }

// y = f(a, b), element by element; a and b broadcast to y. Arithmetic in float32, or float64.
template <typename A, typename B, typename Y, typename F>
void for_each_pair(const Tensor& a, const Tensor& b, const Tensor& y, F f) {
  const A* left = a.data<A>();
  const B* right = b.data<B>();
  Y* out = y.mutable_data<Y>();
  const Loop<3> loop(y.shape(),
                     {broadcast_strides(a, y.shape()), broadcast_strides(b, y.shape()), y.strides()});
  const std::int64_t a_step = loop.step(0), b_step = loop.step(1), y_step = loop.step(2);
  loop.parallel([&](const auto& at, std::int64_t count) {
    const A* x = left + at[0];
    const B* z = right + at[1];
    Y* to = out + at[2];
    if (a_step == 1 && b_step == 1 && y_step == 1) {  // apart, so that the compiler makes vectors of it
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<Y>(f(number(x[i]), number(z[i])));
    } else if (a_step == 1 && b_step == 0 && y_step == 1) {
      const auto same = number(*z);
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<Y>(f(number(x[i]), same));
    } else {
      for (std::int64_t i = 0; i < count; ++i)
        to[i * y_step] = static_cast<Y>(f(number(x[i * a_step]), number(z[i * b_step])));
    }
  });
}

}  // namespace attune::ops
