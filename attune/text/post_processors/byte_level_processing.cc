#include "attune/text/post_processors/byte_level_processing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/text/unicode/unicode.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr char32_t kBlank = 0x120;  // A blank in the alphabet for bytes, "Ġ".

constexpr std::size_t kBlankBytes = 2;

struct Blanks {
  std::size_t leading = 0, trailing = 0;  // Characters.
};

Blanks count_blanks(std::string_view token) {
  Blanks blanks;
  bool leads = true;
  for (std::size_t at = 0; at < token.size();) {
    const CodePoint c = decode_code_point(token.substr(at));
    at += c.length;
    const bool blank = c.value == kBlank || is_whitespace(c.value);
    leads = leads && blank;
    blanks.leading += leads ? 1 : 0;
    blanks.trailing = blank ? blanks.trailing + 1 : 0;
  }
  return blanks;
}

}  // namespace

void trim_offsets(Encoding& encoding, bool add_prefix_space) {
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    auto& [begin, end] = encoding.offsets[i];
    auto [leading, trailing] = count_blanks(encoding.tokens[i]);
    if (add_prefix_space && leading == 1 && (i == 0 || begin == 0)) {
      // Nothing but the blank that was put there: its token shares the offsets of the character after it.
      if (trailing == 1 && encoding.tokens[i].size() == kBlankBytes) end = begin;
      leading = 0;
    }
    begin = std::min(begin + leading, end);
    if (trailing > 0 && end >= trailing) end = std::max(end - trailing, begin);
  }
  for (Encoding& window : encoding.overflowing) trim_offsets(window, add_prefix_space);
}

void ByteLevelProcessing::process(std::vector<Encoding>& encodings, bool /*add_special_tokens*/) const {
  if (!options_.trim_offsets) return;
  for (Encoding& encoding : encodings) trim_offsets(encoding, options_.add_prefix_space);
}

nlohmann::ordered_json ByteLevelProcessing::to_json() const { return ByteLevel::to_json(options_); }

}  // namespace attune::text
