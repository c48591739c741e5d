#include "attune/tasks/shuffle.h"

#include <bit>

#include "attune/base/error.h"
#include "attune/tensor/random.h"

namespace attune::tasks {

std::uint64_t shuffled(std::uint64_t index, std::uint64_t count, std::uint64_t seed, std::uint64_t round) {
  check(index < count, "shuffled: place {} of {}", index, count);
  const int half = (static_cast<int>(std::bit_width(count - 1)) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = index >> half, right = index & mask;
    for (std::uint64_t i = 0; i < 4; ++i) {
      const RandomWords words = random_words(seed, round * 4 + i, right);
      const std::uint64_t mixed = (static_cast<std::uint64_t>(words.word[1]) << 32 | words.word[0]) & mask;
      const std::uint64_t next = left ^ mixed;
      left = right;
      right = next;
    }
    index = left << half | right;
  } while (index >= count);
  return index;
}

}  // namespace attune::tasks
