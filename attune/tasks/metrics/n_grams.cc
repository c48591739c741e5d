#include "attune/tasks/metrics/n_grams.h"

#include <algorithm>
#include <vector>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

// The longest n-gram that begins at each place, sorted. The first n symbols of these are then in order too,
// so that one sort serves every n.
std::vector<std::u32string_view> sorted_n_grams(std::u32string_view symbols, std::size_t longest) {
  std::vector<std::u32string_view> result(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) result[i] = symbols.substr(i, longest);
  std::sort(result.begin(), result.end());
  return result;
}

// What two sorted lists have in common, of their n-grams of length n.
std::int64_t count_matches(const std::vector<std::u32string_view>& a,
                           const std::vector<std::u32string_view>& b, std::size_t n) {
  std::int64_t matches = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].size() < n) {
      ++i;
    } else if (b[j].size() < n) {
      ++j;
    } else {
      const int order = a[i].substr(0, n).compare(b[j].substr(0, n));
      matches += order == 0;
      i += order <= 0;
      j += order >= 0;
    }
  }
  return matches;
}

}  // namespace

void count_n_grams(std::u32string_view hypothesis, std::u32string_view reference, std::size_t orders,
                   NGramCounts* counts) {
  check(orders <= kLongestNGram, "n-grams are counted up to length {}, not {}", kLongestNGram, orders);
  const auto ours = sorted_n_grams(hypothesis, orders), theirs = sorted_n_grams(reference, orders);
  for (std::size_t n = 1; n <= orders; ++n) {
    NGramCounts& count = counts[n - 1];
    if (hypothesis.size() >= n) count.hypothesis += static_cast<std::int64_t>(hypothesis.size() - n + 1);
    if (reference.size() >= n) count.reference += static_cast<std::int64_t>(reference.size() - n + 1);
    count.matches += count_matches(ours, theirs, n);
  }
}

}  // namespace attune::tasks
