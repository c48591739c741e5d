// Batches of sentence pairs of similar length, so that little of them is padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/text/corpora/parallel_text.h"

namespace attune::tasks {

// Pairs are sorted by length, target first, and cut into batches. Every epoch has each pair once and the same
// number of batches; pairs of the same lengths change places and batches come in another order, both a pure
// function of (seed, epoch).
class LengthBatches {
 public:
  // A batch takes pairs while its rows times its longest sentence, of either side, are at most
  // `batch_tokens`; at least one pair. Throws UsageError for less than one token. The corpus must outlive
  // this.
  LengthBatches(const text::ParallelCorpus& corpus, std::int64_t batch_tokens, std::uint64_t seed);

  std::int64_t per_epoch() const { return static_cast<std::int64_t>(batches_.size()) - 1; }

  // The pairs of a batch. Valid until the next call for another epoch.
  std::span<const std::uint32_t> batch(std::int64_t epoch, std::int64_t index);
  // The same in the order of length, for evaluation: no random numbers in it.
  std::span<const std::uint32_t> sorted_batch(std::int64_t index) const;

 private:
  void shuffle(std::int64_t epoch);

  std::uint64_t seed_;
  std::vector<std::uint32_t> sorted_, order_;  // pairs: by length; and in the current epoch
  std::vector<std::size_t> groups_, batches_;  // where groups of equal length and batches begin; the end last
  std::int64_t epoch_ = -1;
};

}  // namespace attune::tasks
