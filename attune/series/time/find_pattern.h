// The format of a column of times, found in its values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/series/time/time_pattern.h"

namespace attune::series {

struct FoundPattern {
  TimePattern pattern;
  // Reads the day where the other reads the month, and fits all values too: later ones must decide.
  std::optional<TimePattern> other;
};

// A format that all of `values` have; nothing where there is none, or no value. With `is_number`, the values
// may be mere numbers (years, 20160701, seconds since 1970).
std::optional<FoundPattern> find_pattern(const std::vector<std::string>& values, bool may_be_number);

}  // namespace attune::series
