#include "attune/text/corpora/find_words.h"

#include "attune/text/pre_tokenizers/word_scan.h"

namespace attune::text {

std::vector<Offsets> find_words(std::string_view text) {
  static const WordScan scan([](char32_t c) {
    if (is_whitespace(c)) return WordScan::Kind::between;
    return is_punctuation(c) || is_chinese(c) ? WordScan::Kind::alone : WordScan::Kind::word;
  });
  if (text.empty()) return {};
  PreTokenizedText words{.text = AlignedText(text, 0, text.size()), .pieces = {{0, text.size()}}};
  scan.divide(words);
  return std::move(words.pieces);
}

}  // namespace attune::text
