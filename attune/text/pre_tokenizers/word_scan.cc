#include "attune/text/pre_tokenizers/word_scan.h"

#include <utility>

#include "attune/text/unicode/utf8.h"

namespace attune::text {

WordScan::WordScan(Kind (*kind_of)(char32_t)) : kind_of_(kind_of) {
  for (std::size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = kind_of(static_cast<char32_t>(c));
}

void WordScan::divide(PreTokenizedText& text) const {
  const std::string_view view = text.text.view();
  std::vector<Offsets> pieces;
  pieces.reserve(view.size() / 4 + 1);
  for (const auto& [begin, end] : text.pieces) {
    Kind last = Kind::between;
    for (std::size_t at = begin; at < end;) {
      const auto byte = static_cast<unsigned char>(view[at]);
      std::size_t length = 1;
      Kind kind;
      if (byte < 0x80) {
        kind = ascii_[byte];
      } else {
        const CodePoint c = decode_code_point(view.substr(at, end - at));
        kind = kind_of_(c.value);
        length = c.length;
      }
      if (kind == last && kind != Kind::alone && kind != Kind::between) {
        pieces.back().end += length;
      } else if (kind != Kind::between) {
        pieces.push_back({at, at + length});
      }
      last = kind;
      at += length;
    }
  }
  text.pieces = std::move(pieces);
}

}  // namespace attune::text
