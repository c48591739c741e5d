// Divides numbers from other text, with "individual_digits" every digit: Hugging Face's Digits.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class Digits : public PreTokenizer {
 public:
  explicit Digits(const nlohmann::json& json);

  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t) const override { return text.size(); }
  nlohmann::ordered_json to_json() const override;

 private:
  bool individual_;
};

}  // namespace attune::text
