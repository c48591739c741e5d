// Counts of n-grams that a hypothesis shares with its reference: what BLEU (of words) and chrF (of
// characters) are made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attune::tasks {

struct NGramCounts {
  std::int64_t hypothesis = 0, reference = 0;  // How many n-grams there are.
  std::int64_t matches = 0;  // Each n-gram as often as it occurs in both: the clipped counts of BLEU's paper.
};

constexpr std::size_t kLongestNGram = 6;

// Adds to counts[n - 1] those of the n-grams of two sequences of symbols, for n = 1 to `orders`, at most
// kLongestNGram.
void count_n_grams(std::u32string_view hypothesis, std::u32string_view reference, std::size_t orders,
                   NGramCounts* counts);

}  // namespace attune::tasks
