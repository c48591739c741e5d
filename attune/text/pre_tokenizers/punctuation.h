// Divides text at its punctuation: Hugging Face's Punctuation.
#pragma once

#include "attune/text/pre_tokenizers/split_behavior.h"

namespace attune::text {

class Punctuation : public PreTokenizer {
 public:
  explicit Punctuation(const nlohmann::json& json);

  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t) const override { return text.size(); }
  nlohmann::ordered_json to_json() const override;

 private:
  SplitBehavior behavior_;
};

}  // namespace attune::text
