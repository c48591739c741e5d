// Every character is a piece of its own: Hugging Face's Split on the expression (?m:.), "isolated". Of bytes
// that are not valid UTF-8, a piece is what U+FFFD would stand for; no vocabulary of characters has it.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class Characters : public PreTokenizer {
 public:
  std::size_t piece_end(std::string_view text, std::size_t begin) const override;
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

  // Throws Error for a Split on any other expression.
  static Characters from_json(const nlohmann::json& json);
};

}  // namespace attune::text
