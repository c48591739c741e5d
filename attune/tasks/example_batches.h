// Batches of a given number of examples, those of similar length together.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attune/tasks/task.h"

namespace attune::tasks {

// Every epoch has each example once, in an order that is a pure function of (seed, epoch): a random one, of
// which each stretch of 50 batches is sorted by length before it is cut, so that little of a batch is padding
// (the group_by_length of Hugging Face's Trainer); then the batches of the epoch change places.
class ExampleBatches {
 public:
  // `lengths` has one value an example. Throws UsageError for a batch of less than one example.
  ExampleBatches(std::vector<std::int64_t> lengths, std::int64_t batch_size, std::uint64_t seed);

  std::int64_t per_epoch() const;

  // The examples of a batch: batch_size of them, or the rest. Valid until the next call for another epoch.
  std::span<const std::uint32_t> batch(std::int64_t epoch, std::int64_t index);
  // That of a micro-batch of training, which takes them one after the other.
  std::span<const std::uint32_t> batch(const MicroBatchIndex& which);
  // The same in the order of length, for evaluation: no random numbers in it.
  std::span<const std::uint32_t> sorted_batch(std::int64_t index) const;

 private:
  void shuffle(std::int64_t epoch);
  std::span<const std::uint32_t> cut(const std::vector<std::uint32_t>& order, std::int64_t batch) const;

  std::vector<std::int64_t> lengths_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> sorted_, order_;  // by length; in the current epoch
  std::int64_t epoch_ = -1;
};

// Calls visit(examples) for every example once, in batches of those of similar length, as evaluations and
// answers take them; nothing in there is recorded for gradients. `lengths` has one value an example. False
// when `stopped`, which is asked before each batch, said so before the end.
using VisitBatch = std::function<void(std::span<const std::uint32_t> examples)>;
bool for_each_by_length(std::vector<std::int64_t> lengths, std::int64_t batch_size, const VisitBatch& visit,
                        const std::function<bool()>& stopped = {});

// What a batch gave back into the order of the examples: row i of `some` (B, N) becomes row examples[i] of
// `all`.
void put_rows(std::span<const float> some, std::span<const std::uint32_t> examples, std::span<float> all);

}  // namespace attune::tasks
