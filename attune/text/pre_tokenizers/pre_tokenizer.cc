#include "attune/text/pre_tokenizers/pre_tokenizer.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/pre_tokenizers/bert_pre_tokenizer.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/pre_tokenizers/characters.h"
#include "attune/text/pre_tokenizers/digits.h"
#include "attune/text/pre_tokenizers/metaspace.h"
#include "attune/text/pre_tokenizers/pre_tokenizer_sequence.h"
#include "attune/text/pre_tokenizers/punctuation.h"
#include "attune/text/pre_tokenizers/split.h"
#include "attune/text/pre_tokenizers/whitespace.h"
#include "attune/text/pre_tokenizers/whitespace_split.h"

namespace attune::text {

std::size_t find_blank(std::string_view text, std::size_t from) {
  const auto is_blank = [&](std::size_t at) {
    return text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r');
  };
  for (std::size_t at = from > 0 ? from : 1; at < text.size(); ++at) {
    if (text[at] == ' ' && !is_blank(at - 1)) return at;
  }
  return text.size();
}

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const nlohmann::json& json) {
  const std::string type = type_of(json, "pre_tokenizer");
  if (type == "ByteLevel") return std::make_unique<ByteLevel>(json);
  if (type == "BertPreTokenizer") return std::make_unique<BertPreTokenizer>();
  if (type == "Metaspace") return std::make_unique<Metaspace>(json);
  if (type == "Whitespace") return std::make_unique<Whitespace>();
  if (type == "WhitespaceSplit") return std::make_unique<WhitespaceSplit>();
  if (type == "Punctuation") return std::make_unique<Punctuation>(json);
  if (type == "Digits") return std::make_unique<Digits>(json);
  if (Characters::is_own(json)) return std::make_unique<Characters>();
  if (type == "Split") return std::make_unique<Split>(json);
  if (type == "Sequence") return std::make_unique<PreTokenizerSequence>(json);
  fail(
      "pre_tokenizer {} is not supported, expected ByteLevel, BertPreTokenizer, Metaspace, Whitespace, "
      "WhitespaceSplit, Punctuation, Digits, Split or Sequence",
      type);
}

}  // namespace attune::text
