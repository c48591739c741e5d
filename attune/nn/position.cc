#include "attune/nn/position.h"

#include <cmath>
#include <vector>

namespace attune::nn {

Tensor sinusoidal_positions(std::int64_t first, std::int64_t count, std::int64_t width, SinusoidOrder order) {
  check(width > 0 && width % 2 == 0, "sinusoidal positions: width is {}, expected a positive even number",
        width);
  check(first >= 0 && count >= 0, "sinusoidal positions: positions {} .. {}, expected none below zero", first,
        first + count - 1);
  Tensor table = Tensor::empty({count, width});
  float* row = table.mutable_data<float>();
  const std::int64_t pairs = width / 2;
  std::vector<double> frequencies;
  for (std::int64_t i = 0; i < pairs; ++i)
    frequencies.push_back(std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(width)));
  for (std::int64_t p = 0; p < count; ++p, row += width) {
    for (std::int64_t i = 0; i < pairs; ++i) {
      const double angle = static_cast<double>(first + p) * frequencies[static_cast<std::size_t>(i)];
      const bool interleaved = order == SinusoidOrder::interleaved;
      row[interleaved ? 2 * i : i] = static_cast<float>(std::sin(angle));
      row[interleaved ? 2 * i + 1 : pairs + i] = static_cast<float>(std::cos(angle));
    }
  }
  return table;
}

}  // namespace attune::nn
