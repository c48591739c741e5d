// Words by the kinds of their characters: the pre-tokenizers that most texts go through divide by this in one
// pass.
#pragma once

#include <array>

#include "attune/text/pre_tokenizers/pre_tokenizer.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {

class WordScan {
 public:
  enum class Kind : unsigned char {
    between,  // Of no word.
    word,     // A run of these is a word.
    other,    // So is a run of these.
    alone,    // Each of these is a word.
  };
  explicit WordScan(Kind (*kind_of)(char32_t));

  void divide(PreTokenizedText& text) const;

 private:
  Kind (*kind_of_)(char32_t);
  std::array<Kind, 128> ascii_;
};

}  // namespace attune::text
