// Every character is a piece of its own: Hugging Face's Split on the expression (?m:.), "isolated". Of bytes
// that are not valid UTF-8, a piece is what U+FFFD would stand for; no vocabulary of characters has it.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class Characters : public PreTokenizer {
 public:
  void pre_tokenize(PreTokenizedText& text) const override;
  bool takes_any_bytes() const override { return true; }
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

  // Whether it is that Split.
  static bool is_own(const nlohmann::json& json);
};

}  // namespace attune::text
