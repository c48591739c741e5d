#include "attune/text/normalizers/charsmap.h"

#include <bit>
#include <cstring>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

static_assert(std::endian::native == std::endian::little, "the files of SentencePiece are little-endian");

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kBlock = 256;  // A node's children lie in the block of its offset.

// A unit of darts-clone: a node, or the value of the node before it.
struct Unit {
  std::uint32_t bits;
  bool is_value() const { return bits >> 31 != 0; }
  std::size_t value() const { return bits & 0x7FFFFFFF; }
  // The byte that leads here; of a value, nothing that a byte is equal to.
  std::uint32_t label() const { return bits & 0x800000FF; }
  bool has_value() const { return (bits >> 8 & 1) != 0; }
  std::size_t offset() const { return std::size_t{bits >> 10} << ((bits & 1u << 9) >> 6); }
};

}  // namespace

CharsMap::CharsMap(std::string_view precompiled) {
  if (!precompiled.empty()) {
    std::uint32_t trie_bytes = 0;
    check(precompiled.size() > sizeof(trie_bytes), "precompiled_charsmap has {} bytes, expected more than 4",
          precompiled.size());
    std::memcpy(&trie_bytes, precompiled.data(), sizeof(trie_bytes));
    precompiled.remove_prefix(sizeof(trie_bytes));
    check(trie_bytes > 0 && trie_bytes < precompiled.size() && trie_bytes % (kBlock * sizeof(Unit)) == 0,
          "precompiled_charsmap: the trie has {} bytes, expected a multiple of 1024 below {}", trie_bytes,
          precompiled.size());
    units_.resize(trie_bytes / sizeof(Unit));
    std::memcpy(units_.data(), precompiled.data(), trie_bytes);
    strings_ = precompiled.substr(trie_bytes);
    check(strings_.back() == '\0', "precompiled_charsmap: the last string does not end");
    check_trie();
  }
  for (std::size_t c = 0; c < keeps_.size(); ++c) keeps_[c] = keeps_before_ascii(static_cast<char>(c));
}

// After this, wherever a text leads from the root, all children of a node lie in the trie, what a node says
// is its value is one, and a value is a position in the strings.
void CharsMap::check_trie() const {
  const Unit root{units_[0]};
  check(!root.is_value() && root.label() == 0 && !root.has_value() && root.offset() != 0,
        "precompiled_charsmap: the trie has no root");
  for (std::size_t at = 0; at < units_.size(); ++at) {
    const Unit unit{units_[at]};
    if (unit.is_value()) {
      check(unit.value() < strings_.size(),
            "precompiled_charsmap: unit {} points to byte {} of the strings, which have {}", at, unit.value(),
            strings_.size());
      continue;
    }
    const std::size_t children = at ^ unit.offset();
    check(children < units_.size(), "precompiled_charsmap: unit {} leads to unit {}, the trie has {}", at,
          children, units_.size());
    check(!unit.has_value() || Unit{units_[children]}.is_value(),
          "precompiled_charsmap: unit {} has no value where it says so", at);
  }
}

CharsMap::Prefix CharsMap::map_prefix(std::string_view text) const {
  std::size_t longest = 0, value = 0;
  if (!units_.empty()) {
    std::size_t at = Unit{units_[0]}.offset();
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      at ^= byte;
      const Unit unit{units_[at]};
      if (unit.label() != byte) break;
      at ^= unit.offset();
      if (unit.has_value()) longest = i + 1, value = Unit{units_[at]}.value();
    }
  }
  if (longest > 0) return {std::string_view(strings_.data() + value), longest};
  const CodePoint c = decode_code_point(text);
  if (c.status != CodePoint::Status::valid) return {kReplacement, 1};
  return {text.substr(0, c.length), c.length};
}

std::optional<std::string_view> CharsMap::shortest_rule(std::string_view text) const {
  if (units_.empty()) return std::nullopt;
  std::size_t at = Unit{units_[0]}.offset();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    at ^= byte;
    const Unit unit{units_[at]};
    if (byte == 0 || unit.label() != byte) break;
    at ^= unit.offset();
    if (unit.has_value()) return std::string_view(strings_.data() + Unit{units_[at]}.value());
  }
  return std::nullopt;
}

bool CharsMap::keeps_before_ascii(char c) const {
  for (int next = 0; next < 128; ++next) {
    const std::string pair = {c, static_cast<char>(next)};
    const Prefix prefix = map_prefix(pair);
    if (prefix.consumed != 1 || prefix.text != std::string_view(pair).substr(0, 1)) return false;
  }
  return true;
}

}  // namespace attune::text
