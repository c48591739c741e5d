// Batches of the places of an epoch, those whose examples have similar lengths together, for epochs that are
// too long to be sorted as a whole or that take an example more than once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace attune::tasks {

// The places of an epoch are 0 to `places` - 1 and are mixed already. Each stretch of 50 batches is sorted by
// length before it is cut, and its batches change places: as ExampleBatches, a stretch at a time. A pure
// function of (seed, epoch, index), as far as `length` is.
class WindowBatches {
 public:
  using Length = std::function<std::int64_t(std::int64_t epoch, std::int64_t place)>;

  // Throws UsageError for a batch of less than one example.
  WindowBatches(std::int64_t places, std::int64_t batch_size, std::uint64_t seed, Length length);

  std::int64_t per_epoch() const;
  // batch_size places, or the rest. Valid until the next call for another stretch.
  std::span<const std::int64_t> batch(std::int64_t epoch, std::int64_t index);

 private:
  void sort_window(std::int64_t epoch, std::int64_t window);

  std::int64_t places_, batch_size_;
  std::uint64_t seed_;
  Length length_;
  std::int64_t epoch_ = -1, window_ = -1;  // whose places are sorted
  std::vector<std::int64_t> sorted_;
};

}  // namespace attune::tasks
