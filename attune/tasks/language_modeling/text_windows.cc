#include "attune/tasks/language_modeling/text_windows.h"

#include <algorithm>

#include "attune/tasks/shuffle.h"
#include "attune/tensor/random.h"

namespace attune::tasks {

// One less than fit, so that an epoch can begin anywhere in its first block.
std::int64_t TextWindows::per_epoch() const {
  return std::max<std::int64_t>(1, (tokens_ + 1 - length_) / length_);
}

std::int64_t TextWindows::begin(std::int64_t row) const {
  const std::int64_t blocks = per_epoch(), left_over = tokens_ - blocks * length_;
  const auto epoch = static_cast<std::uint64_t>(row / blocks);
  Generator generator{.seed = seed_, .counter = epoch};
  const auto first =
      static_cast<std::int64_t>(uniform_integer(generator, static_cast<std::uint64_t>(left_over + 1)));
  const auto block =
      shuffled(static_cast<std::uint64_t>(row % blocks), static_cast<std::uint64_t>(blocks), seed_, epoch);
  return first + static_cast<std::int64_t>(block) * length_;
}

}  // namespace attune::tasks
