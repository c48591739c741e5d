// The free parts of large memory: neighbours grow together, and a request is cut from the smallest that holds
// it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace attune {

struct MemoryRange {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};

class FreeRanges {
 public:
  // Adds a range that is free now, joined to those that touch it.
  void add(MemoryRange range);

  // Takes `bytes` off the front of the smallest range that has as many; {} when none has.
  MemoryRange take(std::size_t bytes);

  // Takes the largest range whole; {} when there is none.
  MemoryRange take_largest();

  std::size_t total() const { return total_; }

 private:
  using ByAddress = std::map<std::byte*, std::size_t>;

  void remove(ByAddress::iterator range);

  ByAddress by_address_;
  std::set<std::pair<std::size_t, std::byte*>> by_size_;
  std::size_t total_ = 0;
};

}  // namespace attune
