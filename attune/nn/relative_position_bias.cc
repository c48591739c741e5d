#include "attune/nn/relative_position_bias.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attune/base/error.h"
#include "attune/ops/embedding/embedding.h"
#include "attune/ops/views/views.h"

namespace attune::nn {

std::int64_t RelativeBuckets::of(std::int64_t distance) const {
  const std::int64_t side = bidirectional ? count / 2 : count;
  const std::int64_t first = bidirectional && distance > 0 ? side : 0;
  const std::int64_t away = bidirectional ? std::abs(distance) : std::max<std::int64_t>(0, -distance);
  const std::int64_t exact = side / 2;
  if (away < exact) return first + away;
  const float ratio =
      std::log(static_cast<float>(away) / static_cast<float>(exact)) /
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const auto larger = static_cast<std::int64_t>(ratio * static_cast<float>(side - exact));
  return first + std::min(exact + larger, side - 1);
}

Tensor RelativePositionBias::operator()(std::int64_t first, std::int64_t queries, std::int64_t keys) const {
  constexpr double most = 1LL << 30;  // values, 4 GiB of them, and as much again on the way there
  const auto heads = static_cast<double>(weight.dim(1));
  check(
      heads * static_cast<double>(queries) * static_cast<double>(keys) <= most,
      "relative positions: {} tokens look at {} in {} heads, whose biases would fill the memory, expected at "
      "most {:.0f} tokens: shorten the text",
      queries, keys, weight.dim(1), std::floor(std::sqrt(most / heads)));
  std::vector<std::int64_t> by_distance;  // of keys from first + queries - 1 before the query on
  for (std::int64_t distance = 1 - first - queries; distance < keys; ++distance)
    by_distance.push_back(buckets.of(distance));
  const Tensor indices = Tensor::empty({queries, keys}, DType::int64);
  for (std::int64_t i = 0; i < queries; ++i) {
    std::copy_n(by_distance.begin() + (queries - 1 - i), keys,
                indices.mutable_data<std::int64_t>() + i * keys);
  }
  const Tensor values = ops::embedding(indices, weight);                       // (queries, keys, H)
  return ops::contiguous(ops::transpose(ops::transpose(values, 1, 2), 0, 1));  // (H, queries, keys)
}

}  // namespace attune::nn
