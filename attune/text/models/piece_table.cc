#include "attune/text/models/piece_table.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "attune/base/error.h"

namespace attune::text {
namespace {

// What SentencePiece takes; it bounds the work for a hostile file.
constexpr std::size_t kMaxPieceBytes = 8000;

bool is_text(Piece::Kind kind) {
  return kind == Piece::Kind::normal || kind == Piece::Kind::user_defined || kind == Piece::Kind::unused;
}

void check_piece(const Piece& piece, std::size_t id) {
  check(!piece.text.empty(), "piece {} is empty", id);
  check(piece.text.size() < kMaxPieceBytes, "piece {} has {} bytes, expected fewer than {}", id,
        piece.text.size(), kMaxPieceBytes);
  check(piece.text.find('\0') == std::string::npos, "piece {} has a zero byte", id);
  check(std::isfinite(piece.score), "piece {} \"{}\" has score {}, expected a finite number", id, piece.text,
        piece.score);
}

}  // namespace

PieceTable::PieceTable(std::vector<Piece> pieces, bool byte_fallback)
    : pieces_(std::move(pieces)), byte_fallback_(byte_fallback) {
  check(!pieces_.empty(), "the model has no pieces");
  check(pieces_.size() < INT32_MAX, "the model has {} pieces, more than ids can count", pieces_.size());
  bytes_.fill(-1);
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    const auto id = static_cast<std::int32_t>(i);
    check_piece(piece, i);
    const auto [found, is_new] = (is_text(piece.kind) ? text_ : reserved_).emplace(piece.text, id);
    check(is_new, "piece \"{}\" occurs twice, at {} and {}", piece.text, found->second, id);
    if (piece.kind == Piece::Kind::unknown) {
      check(unknown_ < 0, "pieces {} and {} both stand for the unknown, expected one", unknown_, id);
      unknown_ = id;
    }
    if (piece.kind == Piece::Kind::byte) {
      const auto byte = parse_byte(piece.text);
      check(byte.has_value(), "byte piece {} is \"{}\", expected <0x00> to <0xFF>", id, piece.text);
      bytes_[*byte] = id;
    }
  }
  check(unknown_ >= 0, "no piece stands for the unknown");
  for (int byte = 0; byte_fallback && byte < 256; ++byte) {
    check(bytes_[static_cast<std::size_t>(byte)] >= 0,
          "the model asks for byte fallback, but has no piece <0x{:02X}>", byte);
  }
}

std::int32_t PieceTable::find(std::string_view text) const {
  if (const auto found = reserved_.find(text); found != reserved_.end()) return found->second;
  return find_text(text).value_or(unknown_);
}

std::optional<std::int32_t> PieceTable::find_text(std::string_view text) const {
  const auto found = text_.find(text);
  if (found == text_.end()) return std::nullopt;
  return found->second;
}

std::optional<unsigned char> PieceTable::parse_byte(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  unsigned char byte = 0;
  const auto [end, error] = std::from_chars(text.data() + 3, text.data() + 5, byte, 16);
  if (error != std::errc() || end != text.data() + 5 || text != fmt::format("<0x{:02X}>", byte)) {
    return std::nullopt;
  }
  return byte;
}

}  // namespace attune::text
