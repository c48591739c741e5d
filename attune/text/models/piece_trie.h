// Which pieces does a text begin with? A trie in two arrays (Aoe 1989, "An efficient digital search algorithm
// by using a double-array structure"): the child of node n by byte b lies at base(n) ^ b, and its check names
// n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::text {

class PieceTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = UINT32_MAX;

  // Pieces and their values, which are not negative; pieces are not empty, and no two are equal.
  explicit PieceTrie(std::vector<std::pair<std::string_view, std::int32_t>> pieces);

  // The node a byte further, kNone when no piece continues so.
  Node child(Node node, char byte) const {
    const Node next = units_[node].base ^ static_cast<unsigned char>(byte);
    return units_[next].check == node ? next : kNone;
  }
  // The value of the piece that ends here, negative when none does.
  std::int32_t value(Node node) const { return units_[node].value; }

  struct Match {
    std::size_t length = 0;  // 0 for none.
    std::int32_t value = -1;
  };
  // The longest piece that `text` begins with.
  Match longest_match(std::string_view text) const {
    Match longest;
    Node node = kRoot;
    for (std::size_t length = 1; length <= text.size(); ++length) {
      node = child(node, text[length - 1]);
      if (node == kNone) break;
      if (value(node) >= 0) longest = {length, value(node)};
    }
    return longest;
  }
  std::size_t longest_prefix(std::string_view text) const { return longest_match(text).length; }
  bool begins(char byte) const { return child(kRoot, byte) != kNone; }

 private:
  using Pieces = std::span<const std::pair<std::string_view, std::int32_t>>;
  // A base is below the size of units_, a multiple of 256, so base ^ byte is too.
  struct Unit {
    std::uint32_t base = 0;
    Node check = kNone;  // The parent; kNone when free.
    std::int32_t value = -1;
  };
  struct Branch {
    Node node;      // `depth` bytes from the root.
    Pieces pieces;  // Those that lead through it.
    std::size_t depth;
  };
  // Makes the children of a node; theirs go to `open`.
  void grow(const Branch& branch, std::vector<Branch>& open);
  std::uint32_t find_base(std::string_view labels);

  std::vector<Unit> units_;
  std::size_t first_open_ = 0;       // Blocks of 256 before this one are full, or as good as full.
  std::vector<std::uint16_t> used_;  // By block.
};

}  // namespace attune::text
