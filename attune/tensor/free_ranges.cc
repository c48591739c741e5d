#include "attune/tensor/free_ranges.h"

#include <iterator>

namespace attune {

void FreeRanges::remove(ByAddress::iterator range) {
  by_size_.erase({range->second, range->first});
  total_ -= range->second;
  by_address_.erase(range);
}

void FreeRanges::add(MemoryRange range) {
  const auto after = by_address_.lower_bound(range.data);
  if (after != by_address_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == range.data) {
      range = {before->first, before->second + range.bytes};
      remove(before);
    }
  }
  if (after != by_address_.end() && range.data + range.bytes == after->first) {
    range.bytes += after->second;
    remove(after);
  }
  by_address_.emplace(range.data, range.bytes);
  by_size_.emplace(range.bytes, range.data);
  total_ += range.bytes;
}

MemoryRange FreeRanges::take(std::size_t bytes) {
  const auto found = by_size_.lower_bound({bytes, nullptr});
  if (found == by_size_.end()) return {};
  const auto [size, data] = *found;
  remove(by_address_.find(data));
  if (size > bytes) add({data + bytes, size - bytes});
  return {data, bytes};
}

MemoryRange FreeRanges::take_largest() {
  if (by_size_.empty()) return {};
  const auto [size, data] = *by_size_.rbegin();
  remove(by_address_.find(data));
  return {data, size};
}

}  // namespace attune
