// A vocabulary of characters: the sorted set of those in the text, numbered in that order, as in nanoGPT's
// shakespeare_char; special tokens come after them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::text {

class CharacterTrainer {
 public:
  // Notes the characters of a text. Throws EncodeError for invalid UTF-8.
  void add(std::string_view text);

  // With <|endoftext|> as its last token, or without any special token. Characters outside the vocabulary are
  // an error for it: there is no token for the unknown, which no training text would ever have shown to the
  // model. Throws Error when no text was added.
  std::unique_ptr<Tokenizer> train(bool with_end_of_text) const;

 private:
  std::vector<bool> seen_ = std::vector<bool>(0x110000);
};

}  // namespace attune::text
