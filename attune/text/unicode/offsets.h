// Where a token stands in its text.
#pragma once

#include <cstddef>

namespace attune::text {

// Bytes [begin, end) of a text.
struct Offsets {
  std::size_t begin = 0, end = 0;
  bool operator==(const Offsets&) const = default;
};

}  // namespace attune::text
