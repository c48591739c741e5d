#include "attune/ops/linear/column_sum.h"

#include <algorithm>
#include <array>

#include "attune/backend/cpu/threads.h"

namespace attune::ops {
namespace {

// Sums a strip of columns over all rows, keeping the running sums in registers or the first cache.
template <typename T, typename Sum>
void sum_strip(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width, bool accumulate,
               Sum* out) {
  constexpr std::int64_t strip = 64;
  for (std::int64_t begin = 0; begin < width; begin += strip) {
    const std::int64_t count = std::min(strip, width - begin);
    std::array<Sum, strip> sums{};
    for (std::int64_t row = 0; row < rows; ++row) {
      const T* values = x + row * stride + begin;
      for (std::int64_t j = 0; j < count; ++j)
        sums[static_cast<std::size_t>(j)] += static_cast<Sum>(values[j]);
    }
    for (std::int64_t j = 0; j < count; ++j) {
      const Sum sum = sums[static_cast<std::size_t>(j)];
      out[begin + j] = accumulate ? out[begin + j] + sum : sum;
    }
  }
}

}  // namespace

void column_sum(const Tensor& x, const Tensor& sum, bool accumulate) {
  const auto run = [&]<typename T, typename Sum>(const T* data, Sum* out) {
    cpu::parallel_for(x.dim(1), 64, [&](std::int64_t begin, std::int64_t end) {
      sum_strip(data + begin, x.dim(0), x.stride(0), end - begin, accumulate, out + begin);
    });
  };
  switch (x.dtype()) {
    case DType::float64:
      return run(x.data<double>(), sum.mutable_data<double>());
    case DType::bfloat16:
      return run(x.data<bfloat16>(), sum.mutable_data<float>());
    default:
      return run(x.data<float>(), sum.mutable_data<float>());
  }
}

}  // namespace attune::ops
