#include "attune/text/pre_tokenizers/bert_pre_tokenizer.h"

#include <nlohmann/json.hpp>

#include "attune/text/pre_tokenizers/word_scan.h"

namespace attune::text {

void BertPreTokenizer::pre_tokenize(PreTokenizedText& text) const {
  static const WordScan scan([](char32_t c) {
    if (is_whitespace(c)) return WordScan::Kind::between;
    return is_punctuation(c) ? WordScan::Kind::alone : WordScan::Kind::word;
  });
  scan.divide(text);
}

nlohmann::ordered_json BertPreTokenizer::to_json() const { return {{"type", "BertPreTokenizer"}}; }

}  // namespace attune::text
