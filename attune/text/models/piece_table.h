// The pieces of a SentencePiece model: text, score and kind, by id and by text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attune::text {

// A blank in normalised text, U+2581, "▁".
inline constexpr std::string_view kMetaSpace = "\xE2\x96\x81";

struct Piece {
  enum class Kind : std::uint8_t {
    normal,
    unknown,       // Stands for text without pieces; there is one.
    control,       // <s>, </s>: of the format, never found in text.
    user_defined,  // Found before anything else, and never divided.
    unused,        // Has an id, but text is not cut into it.
    byte,          // <0x00> to <0xFF>, for text without pieces where the model asks for byte fallback.
  };
  std::string text;
  float score = 0;
  Kind kind = Kind::normal;
};

class PieceTable {
 public:
  // Throws Error for a piece that is empty, has a zero byte, a score that is not a number or occurs twice;
  // for no unknown piece or two; with `byte_fallback`, for a byte without a piece.
  PieceTable(std::vector<Piece> pieces, bool byte_fallback);
  PieceTable(const PieceTable&) = delete;
  PieceTable& operator=(const PieceTable&) = delete;

  std::int32_t size() const { return static_cast<std::int32_t>(pieces_.size()); }
  const Piece& operator[](std::int32_t id) const { return pieces_[static_cast<std::size_t>(id)]; }
  std::int32_t unknown() const { return unknown_; }
  bool byte_fallback() const { return byte_fallback_; }
  // The piece of a byte; only with byte fallback.
  std::int32_t of_byte(char byte) const { return bytes_[static_cast<unsigned char>(byte)]; }

  // The piece of any kind with that text, else the unknown one.
  std::int32_t find(std::string_view text) const;
  // The piece of text (normal, user-defined or unused) that is it.
  std::optional<std::int32_t> find_text(std::string_view text) const;
  // The byte that a piece of kind byte stands for.
  static std::optional<unsigned char> parse_byte(std::string_view text);

 private:
  std::vector<Piece> pieces_;
  std::unordered_map<std::string_view, std::int32_t> text_, reserved_;  // Views of pieces_.
  std::array<std::int32_t, 256> bytes_;
  std::int32_t unknown_ = -1;
  bool byte_fallback_;
};

}  // namespace attune::text
