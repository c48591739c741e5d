// The merges of a BPE model: which two tokens make which third, and how early. A hash table of its own, open
// addressing in one array, because encoding spends most of its time here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attune::text {

struct Merge {
  std::int32_t left, right;  // The tokens that are merged.
  std::int32_t id;           // The token they make.
};

class MergeTable {
 public:
  struct Result {
    std::int32_t rank;  // Position in the list of merges: lower goes first.
    std::int32_t id;
  };
  static constexpr std::int32_t kNoRank = INT32_MAX;

  // In order of rank; where a pair occurs twice, its last rank counts, as in Hugging Face's tokenizers.
  explicit MergeTable(const std::vector<Merge>& merges) {
    while (slots_.size() < 2 * merges.size() + 2) slots_.resize(slots_.size() * 2), --shift_;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
      Slot& slot = slots_[slot_of(key_of(merges[rank].left, merges[rank].right))];
      slot.key = key_of(merges[rank].left, merges[rank].right);
      slot.result = {static_cast<std::int32_t>(rank), merges[rank].id};
    }
  }

  // Rank kNoRank when the pair is not merged.
  Result find(std::int32_t left, std::int32_t right) const {
    return slots_[slot_of(key_of(left, right))].result;
  }

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  struct Slot {
    std::uint64_t key = kFree;
    Result result{kNoRank, -1};
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
  }
  // Where the key is, or the free slot where it would be.
  std::size_t slot_of(std::uint64_t key) const {
    std::size_t slot = static_cast<std::size_t>(key * 0x9E3779B97F4A7C15u >> shift_);  // Fibonacci hashing.
    while (slots_[slot].key != key && slots_[slot].key != kFree) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(2);
  int shift_ = 63;
};

}  // namespace attune::text
