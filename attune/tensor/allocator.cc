#include "attune/tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "attune/base/error.h"

namespace attune {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

// Eight classes between powers of two: at most an eighth is wasted, and equal shapes share a class.
std::size_t size_class(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 64);
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 8, 64);
  return (bytes + step - 1) / step * step;
}

void* system_allocate(std::size_t bytes) {
  const std::size_t alignment = bytes >= huge_page ? huge_page : 64;
  void* data = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (data != nullptr && bytes >= huge_page) madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

}  // namespace

CachingAllocator& CachingAllocator::of(Device device) {
  check(device.kind == Device::Kind::cpu, "no allocator for device {}: this build runs on the CPU only",
        device.to_string());
  // Never destroyed: tensors with static lifetime release their memory after main() has returned.
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

CachingAllocator::Block CachingAllocator::take_cached(std::size_t bytes) {
  // A large buffer may serve a somewhat smaller request; a small one only its own class.
  const std::size_t most = bytes >= huge_page ? bytes + bytes / 4 : bytes;
  const auto found = cache_.lower_bound(bytes);
  if (found == cache_.end() || found->first > most) return {};
  Block block{found->second.back(), found->first};
  found->second.pop_back();
  if (found->second.empty()) cache_.erase(found);
  statistics_.cached -= block.bytes;
  return block;
}

CachingAllocator::Block CachingAllocator::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  const std::size_t size = size_class(bytes);
  Block block = take_cached(size);
  if (block.data == nullptr) block = {system_allocate(size), size};
  check(block.data != nullptr, "out of memory: {} bytes asked for, {} in use by tensors", bytes,
        statistics_.in_use);
  statistics_.in_use += block.bytes;
  statistics_.peak = std::max(statistics_.peak, statistics_.in_use);
  return block;
}

void CachingAllocator::release(Block block) {
  if (block.data == nullptr) return;
  std::lock_guard lock(mutex_);
  cache_[block.bytes].push_back(block.data);
  statistics_.in_use -= block.bytes;
  statistics_.cached += block.bytes;
}

void CachingAllocator::trim() {
  std::lock_guard lock(mutex_);
  for (auto& [bytes, blocks] : cache_) {
    for (void* data : blocks) std::free(data);
  }
  cache_.clear();
  statistics_.cached = 0;
}

MemoryStatistics CachingAllocator::statistics() {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void CachingAllocator::reset_peak() {
  std::lock_guard lock(mutex_);
  statistics_.peak = statistics_.in_use;
}

}  // namespace attune
