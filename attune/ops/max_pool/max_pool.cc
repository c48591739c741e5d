#include "attune/ops/max_pool/max_pool.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// The type that the values of T are compared and added in.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

struct Pool {
  std::int64_t steps, channels, width, stride, padding;

  std::int64_t windows() const { return (steps + 2 * padding - width) / stride + 1; }
  // The steps [begin, end) of window t.
  std::int64_t begin(std::int64_t t) const { return std::max<std::int64_t>(0, t * stride - padding); }
  std::int64_t end(std::int64_t t) const { return std::min(steps, t * stride - padding + width); }
};

// One sequence: x (T, C), y (windows, C).
template <typename T>
void forward(const Pool& pool, const T* x, T* y) {
  for (std::int64_t t = 0; t < pool.windows(); ++t, y += pool.channels) {
    std::fill_n(y, pool.channels, static_cast<T>(-std::numeric_limits<float>::infinity()));
    for (std::int64_t step = pool.begin(t); step < pool.end(t); ++step) {
      const T* row = x + step * pool.channels;
      for (std::int64_t c = 0; c < pool.channels; ++c)
        y[c] = static_cast<Wide<T>>(row[c]) > static_cast<Wide<T>>(y[c]) ? row[c] : y[c];
    }
  }
}

// dx += dy where x was first to be as large as y. `won` (C) is scratch memory.
template <typename T>
void backward(const Pool& pool, const T* x, const T* y, const T* dy, T* dx, std::uint8_t* won) {
  for (std::int64_t t = 0; t < pool.windows(); ++t, y += pool.channels, dy += pool.channels) {
    std::fill_n(won, pool.channels, std::uint8_t{0});
    for (std::int64_t step = pool.begin(t); step < pool.end(t); ++step) {
      const T* row = x + step * pool.channels;
      T* gradient = dx + step * pool.channels;
      for (std::int64_t c = 0; c < pool.channels; ++c) {
        const bool first = won[c] == 0 && static_cast<Wide<T>>(row[c]) == static_cast<Wide<T>>(y[c]);
        const Wide<T> more = first ? static_cast<Wide<T>>(dy[c]) : Wide<T>{0};
        gradient[c] = static_cast<T>(static_cast<Wide<T>>(gradient[c]) + more);
        won[c] |= static_cast<std::uint8_t>(first);
      }
    }
  }
}

Tensor pooled(const Tensor& x, const Pool& pool) {
  const Tensor y = Tensor::empty({x.dim(0), pool.windows(), pool.channels}, x.dtype(), x.device());
  const std::int64_t in = pool.steps * pool.channels, out = pool.windows() * pool.channels;
  dispatch_floating(x.dtype(), "max_pool", [&]<typename T>(T*) {
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    cpu::parallel_for(x.dim(0), cpu::rows_grain(in), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) forward(pool, from + b * in, to + b * out);
    });
  });
  return y;
}

void pooled_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Pool& pool,
                     const Backward::Target& target) {
  const std::int64_t in = pool.steps * pool.channels, out = pool.windows() * pool.channels;
  dispatch_floating(x.dtype(), "max_pool", [&]<typename T>(T*) {
    const T *from = x.data<T>(), *largest = y.data<T>(), *gradient = dy.data<T>();
    T* to = target.memory.mutable_data<T>();
    cpu::parallel_for(x.dim(0), cpu::rows_grain(in), [&](std::int64_t begin, std::int64_t end) {
      std::vector<std::uint8_t> won(static_cast<std::size_t>(pool.channels));
      if (!target.accumulate) std::fill(to + begin * in, to + end * in, T{});
      for (std::int64_t b = begin; b < end; ++b)
        backward(pool, from + b * in, largest + b * out, gradient + b * out, to + b * in, won.data());
    });
  });
}

}  // namespace

Tensor max_pool(const Tensor& x, std::int64_t width, std::int64_t stride, std::int64_t padding) {
  check(x.rank() == 3, "max_pool: x has shape {}, expected (B, T, C)", x.shape());
  check(width > 0 && stride > 0 && padding >= 0 && 2 * padding <= width,
        "max_pool: width {}, stride {}, padding {}, expected a padding of at most half the width", width,
        stride, padding);
  const Pool pool{x.dim(1), x.dim(2), width, stride, padding};
  check(pool.steps > 0 && pool.steps + 2 * padding >= width, "max_pool: a window of {} does not fit {} steps",
        width, pool.steps);
  const Tensor rows = contiguous(detach(x));
  const Tensor y = pooled(rows, pool);
  return record("max_pool", {x}, y, [rows, y = detach(y), pool](Backward& b) {
    pooled_backward(rows, y, contiguous(b.gradient()), pool, b.target(0));
  });
}

}  // namespace attune::ops
