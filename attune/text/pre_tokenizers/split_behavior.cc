#include "attune/text/pre_tokenizers/split_behavior.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attune/base/error.h"

namespace attune::text {
namespace {

constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kNames = {{
    {"Removed", SplitBehavior::removed},
    {"Isolated", SplitBehavior::isolated},
    {"MergedWithPrevious", SplitBehavior::merged_with_previous},
    {"MergedWithNext", SplitBehavior::merged_with_next},
    {"Contiguous", SplitBehavior::contiguous},
}};

// Matches join the stretch before them (after them, when walking from the end), but not another match.
template <typename Walk, typename Join>
void merge(const Walk& stretches, std::vector<Offsets>& pieces, Join join) {
  const std::size_t first = pieces.size();
  bool after_match = false;
  for (const auto& [where, is_match] : stretches) {
    if (is_match && !after_match && pieces.size() > first) {
      join(pieces.back(), where);
    } else {
      pieces.push_back(where);
    }
    after_match = is_match;
  }
}

// Neighbours of one kind are one piece. As in HF, what stands first counts as no match.
void join_neighbours(const std::vector<Stretch>& stretches, std::vector<Offsets>& pieces) {
  const std::size_t first = pieces.size();
  bool after_match = false;
  for (const auto& [where, is_match] : stretches) {
    if (is_match == after_match && pieces.size() > first) {
      pieces.back().end = where.end;
    } else {
      pieces.push_back(where);
    }
    after_match = is_match;
  }
}

}  // namespace

SplitBehavior parse_split_behavior(const std::string& name) {
  for (const auto& [known, behavior] : kNames) {
    if (name == known) return behavior;
  }
  fail("\"behavior\" is \"{}\", expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous",
       name);
}

std::string_view name_of(SplitBehavior behavior) {
  return std::find_if(kNames.begin(), kNames.end(), [&](auto& name) { return name.second == behavior; })
      ->first;
}

void divide(const std::vector<Stretch>& stretches, SplitBehavior behavior, std::vector<Offsets>& pieces) {
  const std::size_t first = pieces.size();
  switch (behavior) {
    case SplitBehavior::removed:
      for (const Stretch& stretch : stretches) {
        if (!stretch.is_match) pieces.push_back(stretch.where);
      }
      break;
    case SplitBehavior::isolated:
      for (const Stretch& stretch : stretches) pieces.push_back(stretch.where);
      break;
    case SplitBehavior::merged_with_previous:
      merge(stretches, pieces, [](Offsets& piece, const Offsets& match) { piece.end = match.end; });
      break;
    case SplitBehavior::merged_with_next: {
      const std::vector<Stretch> reversed(stretches.rbegin(), stretches.rend());
      merge(reversed, pieces, [](Offsets& piece, const Offsets& match) { piece.begin = match.begin; });
      std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
      break;
    }
    case SplitBehavior::contiguous:
      join_neighbours(stretches, pieces);
      break;
  }
  std::erase_if(pieces, [](const Offsets& piece) { return piece.begin == piece.end; });
}

}  // namespace attune::text
