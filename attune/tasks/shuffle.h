// A shuffled order that needs no memory.
#pragma once

#include <cstdint>

namespace attune::tasks {

// The element at place `index` of a random order of 0 .. count-1, a pure function of (seed, round): a Feistel
// network over the next even power of two, walked until it falls inside (Black and Rogaway, 2002).
std::uint64_t shuffled(std::uint64_t index, std::uint64_t count, std::uint64_t seed, std::uint64_t round);

}  // namespace attune::tasks
