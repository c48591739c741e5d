// Tokens of short pieces that a thread has met before: most words of a text are among its few thousand most
// frequent ones, and looking one up is many times as fast as merging it. A table of fixed size, in which a
// piece takes the place of another; models share it, each with a number of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::text {

class PieceCache {
 public:
  static constexpr std::size_t kMinBytes = 2, kMaxBytes = 16;  // Of a piece.
  static constexpr std::size_t kMaxTokens = 4;

  // One for every model.
  static std::uint32_t next_owner() {
    static std::atomic<std::uint32_t> last = 0;
    return ++last;
  }
  static PieceCache& of_this_thread() {
    static thread_local PieceCache cache;
    return cache;
  }

  // Appends the tokens of a piece to `ids`, if they are known; else calls merge(), which appends them.
  template <typename Merge>
  void encode(std::string_view piece, std::uint32_t owner, std::vector<std::int32_t>& ids, Merge merge) {
    const auto [low, high] = words_of(piece);
    const auto length = static_cast<std::uint8_t>(piece.size());
    const std::uint64_t hash = (low ^ (high * 0x9E3779B97F4A7C15u) ^ owner) * 0xD6E8FEB86659FD93u;
    Slot& slot = slots_[hash >> kShift];
    if (slot.low == low && slot.high == high && slot.owner == owner && slot.length == length) {
      ids.insert(ids.end(), slot.ids.begin(), slot.ids.begin() + slot.count);
      return;
    }
    const std::size_t before = ids.size();
    merge();
    const std::size_t count = ids.size() - before;
    if (count > kMaxTokens) return;
    slot.low = low;
    slot.high = high;
    slot.owner = owner;
    slot.length = length;
    slot.count = static_cast<std::uint8_t>(count);
    for (std::size_t i = 0; i < count; ++i) slot.ids[i] = ids[before + i];
  }

 private:
  static constexpr int kBits = 13, kShift = 64 - kBits;
  struct Slot {
    std::uint64_t low = 0, high = 0;
    std::uint32_t owner = 0;  // 0 for none.
    std::uint8_t length = 0, count = 0;
    std::array<std::int32_t, kMaxTokens> ids{};
  };

  // The bytes of a piece as two numbers; with its length they tell it from any other.
  static std::pair<std::uint64_t, std::uint64_t> words_of(std::string_view piece) {
    const char* const begin = piece.data();
    const char* const end = begin + piece.size();
    const auto load = [](const char* from, auto word) {
      std::memcpy(&word, from, sizeof(word));
      return std::uint64_t{word};
    };
    if (piece.size() >= 8) return {load(begin, std::uint64_t{}), load(end - 8, std::uint64_t{})};
    if (piece.size() >= 4) return {load(begin, std::uint32_t{}), load(end - 4, std::uint32_t{})};
    return {load(begin, std::uint16_t{}), load(end - 2, std::uint16_t{})};
  }

  std::vector<Slot> slots_ = std::vector<Slot>(std::size_t{1} << kBits);
};

}  // namespace attune::text
