// Training, validation and test data, one after the other in time.
#pragma once

#include <cstdint>
#include <string_view>

namespace attune::series {

// Steps of a grid: [begin, end).
struct Steps {
  std::int64_t begin = 0, end = 0;

  std::int64_t count() const { return end - begin; }
  bool operator==(const Steps&) const = default;
};

struct Split {
  Steps train, valid, test;
};

// "0.7,0.1,0.2": shares of the `steps` there are; what rounding leaves goes to validation, as in the
// Time-Series-Library. "8640,2880,2880": numbers of steps, from the first; what follows is not used. Time
// alone divides, so that all series of a panel are cut at the same moments. Throws UsageError for anything
// else, and for more steps than there are.
Split parse_split(std::string_view text, std::int64_t steps);

}  // namespace attune::series
