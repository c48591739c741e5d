#include "attune/text/normalizers/lowercase.h"

#include <nlohmann/json.hpp>

#include "attune/text/normalizers/characters_of.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {
namespace {

std::array<char, 256> ascii_lowercase() {
  std::array<char, 256> map;
  for (std::size_t byte = 0; byte < 256; ++byte) map[byte] = static_cast<char>(byte);
  for (char c = 'A'; c <= 'Z'; ++c) map[static_cast<std::size_t>(c)] = static_cast<char>(c - 'A' + 'a');
  return map;
}

}  // namespace

void Lowercase::normalize(AlignedText& text) const {
  static const std::array<char, 256> ascii = ascii_lowercase();
  if (is_ascii(text.view())) return text.map_bytes(ascii);
  Rewriter rewriter(text);
  std::u32string lower;
  std::string bytes;
  for_each_character(text.view(), [&](char32_t c, std::size_t) {
    lower.clear();
    append_lowercase(c, lower);
    for (std::size_t i = 0; i < lower.size(); ++i) {
      bytes.clear();
      append_utf8(lower[i], bytes);
      i == 0 ? rewriter.replace(bytes) : rewriter.insert(bytes);
    }
  });
  text = rewriter.finish();
}

nlohmann::ordered_json Lowercase::to_json() const { return {{"type", "Lowercase"}}; }

}  // namespace attune::text
