#include "attune/tasks/language_modeling/window_batches.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "attune/base/error.h"
#include "attune/tasks/shuffle.h"

namespace attune::tasks {
namespace {

constexpr std::int64_t batches_of_window = 50;

}  // namespace

WindowBatches::WindowBatches(std::int64_t places, std::int64_t batch_size, std::uint64_t seed, Length length)
    : places_(places), batch_size_(batch_size), seed_(seed), length_(std::move(length)) {
  if (batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", batch_size);
}

std::int64_t WindowBatches::per_epoch() const { return (places_ + batch_size_ - 1) / batch_size_; }

void WindowBatches::sort_window(std::int64_t epoch, std::int64_t window) {
  const std::int64_t begin = window * batches_of_window * batch_size_;
  const std::int64_t end = std::min(places_, begin + batches_of_window * batch_size_);
  std::vector<std::pair<std::int64_t, std::int64_t>> by_length;
  for (std::int64_t place = begin; place < end; ++place) by_length.emplace_back(length_(epoch, place), place);
  std::ranges::sort(by_length);
  sorted_.clear();
  for (const auto& [length, place] : by_length) sorted_.push_back(place);
  epoch_ = epoch;
  window_ = window;
}

std::span<const std::int64_t> WindowBatches::batch(std::int64_t epoch, std::int64_t index) {
  const std::int64_t window = index / batches_of_window;
  if (epoch != epoch_ || window != window_) sort_window(epoch, window);
  const std::int64_t batches = std::min(batches_of_window, per_epoch() - window * batches_of_window);
  const std::int64_t windows = (per_epoch() + batches_of_window - 1) / batches_of_window;
  const auto at =
      shuffled(static_cast<std::uint64_t>(index % batches_of_window), static_cast<std::uint64_t>(batches),
               seed_, static_cast<std::uint64_t>(epoch * windows + window));
  const auto begin = static_cast<std::size_t>(at) * static_cast<std::size_t>(batch_size_);
  return std::span(sorted_).subspan(begin,
                                    std::min(static_cast<std::size_t>(batch_size_), sorted_.size() - begin));
}

}  // namespace attune::tasks
