// What the tasks that predict tokens share: targets that do not count, rows of a batch, sums of losses.
#pragma once

#include <cstdint>
#include <span>

#include "attune/tensor/tensor.h"

namespace attune::tasks {

inline constexpr std::int64_t ignored_target = -100;

// Row `row` of an int64 tensor (B, T), to be written.
inline std::span<std::int64_t> row_of(const Tensor& tensor, std::int64_t row) {
  return {tensor.mutable_data<std::int64_t>() + row * tensor.dim(1), static_cast<std::size_t>(tensor.dim(1))};
}

// The sum of the losses (B, T) of those targets (B, T) that count.
inline double sum_of_losses(const Tensor& losses, const Tensor& targets) {
  const auto values = losses.to_vector<float>();
  const auto targeted = targets.to_vector<std::int64_t>();
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += targeted[i] == ignored_target ? 0 : values[i];
  return sum;
}

}  // namespace attune::tasks
