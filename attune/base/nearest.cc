#include "attune/base/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace attune {

std::size_t edit_distance(std::string_view word, std::string_view name) {
  std::vector<std::size_t> row(name.size() + 1);  // of the letters of `word` so far, to each start of `name`
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : word) {
    const bool any = letter == '*';
    std::size_t diagonal = row[0];
    row[0] += any ? 0 : 1;
    for (std::size_t j = 0; j < name.size(); ++j) {
      const std::size_t replaced = diagonal + (any || letter == name[j] ? 0 : 1);
      const std::size_t removed = row[j + 1] + (any ? 0 : 1), inserted = row[j] + (any ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, removed, inserted});
    }
  }
  return row.back();
}

const std::string* nearest_of(std::string_view word, std::span<const std::string> names) {
  const auto found =
      std::ranges::min_element(names, {}, [&](const std::string& name) { return edit_distance(word, name); });
  return found == names.end() ? nullptr : &*found;
}

}  // namespace attune
