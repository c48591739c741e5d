#include "attune/tasks/length_batches.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "attune/base/error.h"
#include "attune/tasks/shuffle.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

struct Lengths {
  std::int64_t target, source;
  bool operator==(const Lengths&) const = default;
};

// Sources that differ by less than this count as equally long: more pairs to change places with, for little
// padding.
std::int64_t step_of(std::int64_t source) { return std::max<std::int64_t>(1, source / 8); }

Lengths lengths_of(const text::ParallelCorpus& corpus, std::uint32_t pair) {
  const std::int64_t source = corpus.source.length(pair), step = step_of(source);
  return {corpus.target.length(pair), (source + step - 1) / step * step};
}

// Every other target length has its sources in falling order, so that a batch which holds the end of one and
// the beginning of the next has sources of similar length.
bool comes_before(const Lengths& a, const Lengths& b) {
  if (a.target != b.target) return a.target < b.target;
  return a.target % 2 == 0 ? a.source < b.source : a.source > b.source;
}

}  // namespace

LengthBatches::LengthBatches(const text::ParallelCorpus& corpus, std::int64_t batch_tokens,
                             std::uint64_t seed)
    : seed_(seed), sorted_(static_cast<std::size_t>(corpus.size())) {
  if (batch_tokens < 1) fail_usage("--batch-tokens is {}, expected at least 1", batch_tokens);
  check(corpus.size() <= std::numeric_limits<std::uint32_t>::max(),
        "{} pairs are more than can be in one corpus", corpus.size());
  std::iota(sorted_.begin(), sorted_.end(), 0);
  std::stable_sort(sorted_.begin(), sorted_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return comes_before(lengths_of(corpus, a), lengths_of(corpus, b));
  });

  Lengths last{0, 0};
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < sorted_.size(); ++i) {
    const Lengths lengths = lengths_of(corpus, sorted_[i]);
    if (lengths != last) groups_.push_back(i);
    last = lengths;
    const std::int64_t length = std::max(lengths.target, lengths.source);
    const auto rows = batches_.empty() ? 0 : static_cast<std::int64_t>(i - batches_.back());
    if (rows == 0 || (rows + 1) * std::max(longest, length) > batch_tokens) {
      batches_.push_back(i);
      longest = 0;
    }
    longest = std::max(longest, length);
  }
  groups_.push_back(sorted_.size());
  batches_.push_back(sorted_.size());
}

void LengthBatches::shuffle(std::int64_t epoch) {
  order_ = sorted_;
  Generator generator{fold_in(seed_, static_cast<std::uint64_t>(epoch)), 0};
  for (std::size_t group = 0; group + 1 < groups_.size(); ++group) {
    for (std::size_t left = groups_[group + 1] - groups_[group]; left > 1; --left) {
      const std::size_t begin = groups_[group];
      std::swap(order_[begin + left - 1], order_[begin + uniform_integer(generator, left)]);
    }
  }
  epoch_ = epoch;
}

std::span<const std::uint32_t> LengthBatches::batch(std::int64_t epoch, std::int64_t index) {
  if (epoch != epoch_) shuffle(epoch);
  const auto at = shuffled(static_cast<std::uint64_t>(index), static_cast<std::uint64_t>(per_epoch()), seed_,
                           static_cast<std::uint64_t>(epoch));
  return std::span(order_).subspan(batches_[at], batches_[at + 1] - batches_[at]);
}

std::span<const std::uint32_t> LengthBatches::sorted_batch(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  return std::span(sorted_).subspan(batches_[at], batches_[at + 1] - batches_[at]);
}

}  // namespace attune::tasks
