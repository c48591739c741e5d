// Pre-tokenizers one after another: Hugging Face's Sequence. ByteLevel can only be the last: others would see
// its alphabet for bytes, and here they do not.
#pragma once

#include <vector>

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class PreTokenizerSequence : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(const nlohmann::json& json);
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<const PreTokenizer>> parts)
      : parts_(std::move(parts)) {}

  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::vector<std::unique_ptr<const PreTokenizer>> parts_;
};

}  // namespace attune::text
