#include "attune/text/decoders/byte_fallback_decoder.h"

#include <nlohmann/json.hpp>

#include "attune/text/models/piece_table.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

void ByteFallbackDecoder::decode(std::vector<std::string>& tokens) const {
  std::vector<std::string> decoded;
  std::string bytes;
  const auto finish = [&] {
    if (bytes.empty()) return;
    if (is_valid_utf8(bytes)) {
      decoded.push_back(bytes);
    } else {
      decoded.insert(decoded.end(), bytes.size(), "\xEF\xBF\xBD");
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = PieceTable::parse_byte(token)) {
      bytes += static_cast<char>(*byte);
    } else {
      finish();
      decoded.push_back(std::move(token));
    }
  }
  finish();
  tokens = std::move(decoded);
}

nlohmann::ordered_json ByteFallbackDecoder::to_json() const { return {{"type", "ByteFallback"}}; }

}  // namespace attune::text
