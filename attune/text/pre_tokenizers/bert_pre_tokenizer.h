// BERT's pre-tokenizer (Devlin et al. 2019, BasicTokenizer in tokenization.py): words between white space,
// and every punctuation mark by itself.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class BertPreTokenizer : public PreTokenizer {
 public:
  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t from) const override {
    return find_blank(text, from);
  }
  nlohmann::ordered_json to_json() const override;
};

}  // namespace attune::text
