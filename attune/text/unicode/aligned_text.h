// Text on its way through a tokenizer, with where every byte of it came from: Hugging Face's NormalizedString
// (tokenizers, tokenizer/normalizer.rs). As long as every character stands where it stood, nothing is stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/encoding.h"

namespace attune::text {

class AlignedText {
 public:
  // The bytes [begin, end) of `original`, which must outlive it and have at most 4 GiB.
  AlignedText(std::string_view original, std::size_t begin, std::size_t end);

  std::string_view view() const { return changed_ ? std::string_view(text_) : part_; }
  // Where in the original the bytes [begin, end), at least one, came from. Of a part of a character, the
  // whole character.
  Offsets origin(std::size_t begin, std::size_t end) const;

  // A part of it, as a text of its own.
  AlignedText slice(std::size_t begin, std::size_t end) const;

  // Puts another byte in the place of every one: characters of one byte only.
  void map_bytes(const std::array<char, 256>& map);

 private:
  friend class Rewriter;
  struct Origin {
    std::uint32_t begin, end;
  };
  // Of one byte.
  Origin origin_at(std::size_t at) const;

  std::string_view part_;  // Of the original,
  std::size_t base_ = 0;   // which begins there.
  bool changed_ = false;
  std::string text_;             // When changed.
  bool in_place_ = true;         // Every character stands where its original does.
  std::vector<Origin> origins_;  // By byte, unless in place.
};

// Writes the next state of an AlignedText from its last one, from left to right. A text of characters: it
// must be valid UTF-8. The operations are those of NormalizedString::transform.
class Rewriter {
 public:
  explicit Rewriter(const AlignedText& from);

  // Where in the old text the next character to be taken stands, and where in the new one the next is put.
  std::size_t at() const { return at_; }
  std::size_t size() const { return to_.size(); }

  // Takes what stands before `end` as it is.
  void keep(std::size_t end);
  // Takes one character and puts others in its place.
  void replace(std::string_view with);
  // Puts characters that come from where the one before the next to be taken does.
  void insert(std::string_view text);
  // Puts characters that come from where the next to be taken does.
  void insert_before(std::string_view text);
  // Takes characters up to `end` and puts nothing.
  void remove(std::size_t end);
  // From here on, a new piece of text begins; insert() at its beginning has nothing before it.
  void begin_piece() { piece_ = at_; }

  // A character and what becomes of the old text with it: 0 it replaces a character; 1 it is inserted; -n it
  // replaces one, and n after it are removed.
  struct Change {
    char32_t character;
    std::ptrdiff_t change;
  };
  void apply(std::span<const Change> changes);

  // The new text; what has not been taken is removed.
  AlignedText finish();

 private:
  void put(std::string_view text, AlignedText::Origin origin);
  void leave_place();

  const AlignedText& from_;
  std::string_view old_;
  std::size_t at_ = 0, piece_ = 0;
  std::string to_;
  bool in_place_;
  std::vector<AlignedText::Origin> origins_;
};

}  // namespace attune::text
