#include "attune/text/pre_tokenizers/characters.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/utf8.h"

namespace attune::text {

std::size_t Characters::piece_end(std::string_view text, std::size_t begin) const {
  return begin + decode_code_point(text.substr(begin)).length;
}

std::size_t Characters::find_cut(std::string_view text, std::size_t from) const {
  std::size_t at = from;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

nlohmann::ordered_json Characters::to_json() const {
  return {{"type", "Split"}, {"pattern", {{"Regex", "(?m:.)"}}}, {"behavior", "Isolated"}, {"invert", false}};
}

Characters Characters::from_json(const nlohmann::json& json) {
  const nlohmann::json own = Characters().to_json();
  check(json == own, "pre_tokenizer Split is supported as {}, got {}", own.dump(), json.dump());
  return {};
}

}  // namespace attune::text
