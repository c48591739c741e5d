#include "attune/text/pre_tokenizers/characters.h"

#include <nlohmann/json.hpp>

#include "attune/text/unicode/utf8.h"

namespace attune::text {

void Characters::pre_tokenize(PreTokenizedText& text) const {
  const std::string_view view = text.text.view();
  std::vector<Offsets> pieces;
  pieces.reserve(view.size());
  for (const auto& [begin, end] : text.pieces) {
    for (std::size_t at = begin; at < end; at = pieces.back().end) {
      pieces.push_back({at, at + decode_code_point(view.substr(at, end - at)).length});
    }
  }
  text.pieces = std::move(pieces);
}

std::size_t Characters::find_cut(std::string_view text, std::size_t from) const {
  std::size_t at = from;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

nlohmann::ordered_json Characters::to_json() const {
  return {{"type", "Split"}, {"pattern", {{"Regex", "(?m:.)"}}}, {"behavior", "Isolated"}, {"invert", false}};
}

bool Characters::is_own(const nlohmann::json& json) { return json == nlohmann::json(Characters().to_json()); }

}  // namespace attune::text
