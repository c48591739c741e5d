#include "attune/tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "attune/base/error.h"

namespace attune {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t large = std::size_t{1} << 20;     // more than this is cut from segments
constexpr std::size_t grain = std::size_t{64} << 10;    // of large sizes
constexpr std::size_t segment = std::size_t{32} << 20;  // the least that is asked of the system for them

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

bool is_large(std::size_t bytes) { return bytes > large; }

// Eight classes between powers of two: at most an eighth is wasted, and equal shapes share a class.
std::size_t size_class(std::size_t bytes) {
  if (is_large(bytes)) return round_up(bytes, grain);
  bytes = std::max<std::size_t>(bytes, 64);
  return round_up(bytes, std::max<std::size_t>(std::bit_floor(bytes) / 8, 64));
}

// Fresh memory that begins and ends at huge pages.
MemoryRange map_segment(std::size_t bytes) {
  const std::size_t size = round_up(std::max(bytes, segment), huge_page);
  void* const mapped =
      mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return {};
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before =
      round_up(reinterpret_cast<std::uintptr_t>(begin), huge_page) - reinterpret_cast<std::uintptr_t>(begin);
  if (before > 0) munmap(begin, before);
  munmap(begin + before + size, huge_page - before);
  madvise(begin + before, size, MADV_HUGEPAGE);
  return {begin + before, size};
}

void unmap(MemoryRange range) {
  if (range.data != nullptr) munmap(range.data, range.bytes);
}

}  // namespace

CachingAllocator& CachingAllocator::of(Device device) {
  if (device.kind != Device::Kind::cpu)
    fail("no allocator for device {}: this build runs on the CPU only", device.to_string());
  // Never destroyed: tensors with static lifetime release their memory after main() has returned.
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

// Batches of many lengths ask for many sizes. If each size kept its own buffers, all of them together would
// hold several times what is ever in use; so large buffers are cut from shared segments, and what is free
// there beyond a quarter of the peak goes back to the system before more is asked for.
void* CachingAllocator::take_large(std::size_t bytes) {
  MemoryRange range = free_.take(bytes);
  if (range.data != nullptr) return range.data;
  const std::size_t most_free = std::max(statistics_.peak, statistics_.in_use + bytes) / 4;
  while (free_.total() > most_free) unmap(free_.take_largest());
  range = map_segment(bytes);
  if (range.data == nullptr) return nullptr;
  free_.add(range);
  return free_.take(bytes).data;
}

void* CachingAllocator::take_small(std::size_t bytes) {
  std::vector<void*>& cached = small_[bytes];
  if (cached.empty()) return std::aligned_alloc(64, bytes);
  void* const data = cached.back();
  cached.pop_back();
  small_cached_ -= bytes;
  return data;
}

CachingAllocator::Block CachingAllocator::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  const std::size_t size = size_class(bytes);
  void* const data = is_large(size) ? take_large(size) : take_small(size);
  check(data != nullptr, "out of memory: {} bytes asked for, {} in use by tensors", bytes,
        statistics_.in_use);
  statistics_.in_use += size;
  statistics_.peak = std::max(statistics_.peak, statistics_.in_use);
  return {data, size};
}

void CachingAllocator::release(Block block) {
  if (block.data == nullptr) return;
  std::lock_guard lock(mutex_);
  statistics_.in_use -= block.bytes;
  if (is_large(block.bytes)) {
    free_.add({static_cast<std::byte*>(block.data), block.bytes});
  } else {
    small_[block.bytes].push_back(block.data);
    small_cached_ += block.bytes;
  }
}

void CachingAllocator::trim() {
  std::lock_guard lock(mutex_);
  for (auto& [bytes, blocks] : small_) {
    for (void* data : blocks) std::free(data);
  }
  small_.clear();
  small_cached_ = 0;
  while (free_.total() > 0) unmap(free_.take_largest());
}

MemoryStatistics CachingAllocator::statistics() {
  std::lock_guard lock(mutex_);
  MemoryStatistics statistics = statistics_;
  statistics.cached = small_cached_ + free_.total();
  return statistics;
}

void CachingAllocator::reset_peak() {
  std::lock_guard lock(mutex_);
  statistics_.peak = statistics_.in_use;
}

}  // namespace attune
