// Memory for tensors: buffers are kept and given out again, so that a steady training step allocates nothing.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "attune/tensor/device.h"
#include "attune/tensor/free_ranges.h"

namespace attune {

struct MemoryStatistics {
  std::size_t in_use = 0;  // bytes held by tensors now
  std::size_t peak = 0;    // the most bytes held at once since the last reset_peak()
  std::size_t cached = 0;  // bytes kept for reuse
};

// One for each device. Safe to call from several threads.
class CachingAllocator {
 public:
  static CachingAllocator& of(Device device);

  struct Block {
    void* data = nullptr;
    std::size_t bytes = 0;  // the size class, at least what was asked for
  };

  // Memory aligned to 64 bytes, not initialised. Throws Error when there is none left.
  Block allocate(std::size_t bytes);
  void release(Block block);

  // Gives everything cached back to the operating system.
  void trim();

  MemoryStatistics statistics();
  void reset_peak();

 private:
  void* take_small(std::size_t bytes);
  void* take_large(std::size_t bytes);

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> small_;  // free buffers by size class
  std::size_t small_cached_ = 0;                     // bytes of them
  FreeRanges free_;                                  // of the segments that large buffers are cut from
  MemoryStatistics statistics_;
};

}  // namespace attune
