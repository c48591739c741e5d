#include "attune/tasks/example_batches.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/shuffle.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

constexpr std::size_t batches_of_stretch = 50;

}  // namespace

ExampleBatches::ExampleBatches(std::vector<std::int64_t> lengths, std::int64_t batch_size, std::uint64_t seed)
    : lengths_(std::move(lengths)), batch_size_(batch_size), seed_(seed), sorted_(lengths_.size()) {
  if (batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", batch_size);
  check(lengths_.size() <= std::numeric_limits<std::uint32_t>::max(),
        "{} examples are more than can be in one file", lengths_.size());
  std::iota(sorted_.begin(), sorted_.end(), 0);
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths_[a] < lengths_[b]; });
}

std::int64_t ExampleBatches::per_epoch() const {
  return (static_cast<std::int64_t>(lengths_.size()) + batch_size_ - 1) / batch_size_;
}

void ExampleBatches::shuffle(std::int64_t epoch) {
  order_.resize(lengths_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) {
    order_[i] =
        static_cast<std::uint32_t>(shuffled(i, order_.size(), seed_, 2 * static_cast<std::uint64_t>(epoch)));
  }
  const std::size_t stretch = batches_of_stretch * static_cast<std::size_t>(batch_size_);
  for (std::size_t begin = 0; begin < order_.size(); begin += stretch) {
    const std::size_t end = std::min(begin + stretch, order_.size());
    std::stable_sort(order_.begin() + static_cast<std::ptrdiff_t>(begin),
                     order_.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](std::uint32_t a, std::uint32_t b) { return lengths_[a] < lengths_[b]; });
  }
  epoch_ = epoch;
}

std::span<const std::uint32_t> ExampleBatches::cut(const std::vector<std::uint32_t>& order,
                                                   std::int64_t batch) const {
  const auto begin = static_cast<std::size_t>(batch * batch_size_);
  return std::span(order).subspan(begin,
                                  std::min(static_cast<std::size_t>(batch_size_), order.size() - begin));
}

std::span<const std::uint32_t> ExampleBatches::batch(std::int64_t epoch, std::int64_t index) {
  if (epoch != epoch_) shuffle(epoch);
  const auto at = shuffled(static_cast<std::uint64_t>(index), static_cast<std::uint64_t>(per_epoch()), seed_,
                           2 * static_cast<std::uint64_t>(epoch) + 1);
  return cut(order_, static_cast<std::int64_t>(at));
}

std::span<const std::uint32_t> ExampleBatches::batch(const MicroBatchIndex& which) {
  return batch(which.done() / per_epoch(), which.done() % per_epoch());
}

std::span<const std::uint32_t> ExampleBatches::sorted_batch(std::int64_t index) const {
  return cut(sorted_, index);
}

bool for_each_by_length(std::vector<std::int64_t> lengths, std::int64_t batch_size, const VisitBatch& visit,
                        const std::function<bool()>& stopped) {
  const NoGrad no_grad;
  const ExampleBatches batches(std::move(lengths), batch_size, /*seed=*/0);
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    if (stopped && stopped()) return false;
    visit(batches.sorted_batch(i));
  }
  return true;
}

void put_rows(std::span<const float> some, std::span<const std::uint32_t> examples, std::span<float> all) {
  const std::size_t width = examples.empty() ? 0 : some.size() / examples.size();
  for (std::size_t row = 0; row < examples.size(); ++row)
    std::ranges::copy(some.subspan(row * width, width),
                      all.begin() + static_cast<std::ptrdiff_t>(examples[row] * width));
}

}  // namespace attune::tasks
