// SentencePiece's models: they cut a whole normalised sentence into pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace attune::text {

// A stretch of the sentence and the id of its piece.
struct Segment {
  std::size_t begin, end;  // In bytes.
  std::int32_t id;
};

class Segmenter {
 public:
  virtual ~Segmenter() = default;
  // For the user: "SentencePiece Unigram".
  virtual std::string_view kind() const = 0;
  // The segments cover the sentence, in order. A character without a piece is one with the unknown id.
  virtual std::vector<Segment> segment(std::string_view sentence) const = 0;
};

// Bytes of the character that begins with this one, as SentencePiece counts them: by the first byte alone.
inline std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace attune::text
