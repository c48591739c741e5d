// GPT-2's pre-tokeniser (Radford et al. 2019, encoder.py): the matches of the regular expression
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// found by a scanner of our own, since regular expressions are too slow for it. The tests hold the two equal.
// Bytes that are not valid UTF-8 belong to none of the three classes: they are kept like punctuation.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class ByteLevel : public PreTokenizer {
 public:
  std::size_t piece_end(std::string_view text, std::size_t begin) const override;
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

  // Throws Error for a setting other than those of GPT-2.
  static ByteLevel from_json(const nlohmann::json& json);
};

}  // namespace attune::text
