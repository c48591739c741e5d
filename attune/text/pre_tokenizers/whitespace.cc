#include "attune/text/pre_tokenizers/whitespace.h"

#include <nlohmann/json.hpp>

#include "attune/text/pre_tokenizers/word_scan.h"

namespace attune::text {

void Whitespace::pre_tokenize(PreTokenizedText& text) const {
  static const WordScan scan([](char32_t c) {
    if (is_word(c)) return WordScan::Kind::word;
    return is_whitespace(c) ? WordScan::Kind::between : WordScan::Kind::other;
  });
  scan.divide(text);
}

nlohmann::ordered_json Whitespace::to_json() const { return {{"type", "Whitespace"}}; }

}  // namespace attune::text
