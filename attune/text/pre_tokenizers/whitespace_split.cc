#include "attune/text/pre_tokenizers/whitespace_split.h"

#include <nlohmann/json.hpp>

#include "attune/text/pre_tokenizers/word_scan.h"

namespace attune::text {

void WhitespaceSplit::pre_tokenize(PreTokenizedText& text) const {
  static const WordScan scan(
      [](char32_t c) { return is_whitespace(c) ? WordScan::Kind::between : WordScan::Kind::word; });
  scan.divide(text);
}

nlohmann::ordered_json WhitespaceSplit::to_json() const { return {{"type", "WhitespaceSplit"}}; }

}  // namespace attune::text
