// SentencePiece's rules that rewrite characters (NFKC and its like), as its training compiles them into a
// model file; "Precompiled" in Hugging Face's tokenizers. Four bytes give the size of a trie (darts-clone, a
// double array of 32-bit units), then come the trie, which maps a text to a position, and the strings that
// stand at these positions, each ended by a zero byte.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

class CharsMap {
 public:
  // `precompiled` as in the file; when it is empty, there are no rules. Every unit of the trie is checked
  // here, so that no text can lead out of it. Throws Error.
  explicit CharsMap(std::string_view precompiled);

  struct Prefix {
    std::string_view text;  // What comes out.
    std::size_t consumed;   // Bytes of the input that it stands for, at least 1.
  };
  // What the beginning of `text`, which is not empty, becomes: by the longest rule for it, else the character
  // itself, U+FFFD for a byte that is not UTF-8.
  Prefix map_prefix(std::string_view text) const;

  // What the shortest rule for the beginning of `text` makes of it, if there is one: how Hugging Face reads
  // the rules.
  std::optional<std::string_view> shortest_rule(std::string_view text) const;

  // Whether an ASCII character stays as it is wherever another one follows.
  bool keeps(char c) const {
    return static_cast<unsigned char>(c) < 128 && keeps_[static_cast<unsigned char>(c)];
  }

 private:
  void check_trie() const;
  bool keeps_before_ascii(char c) const;

  std::vector<std::uint32_t> units_;
  std::string strings_;
  std::array<bool, 128> keeps_{};
};

}  // namespace attune::text
