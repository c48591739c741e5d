// Added tokens, such as <|endoftext|>: strings that are found in the text before anything else is done with
// it and become one id each. As in Hugging Face's tokenizers (tokenizer/added_vocabulary.rs).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/text/models/piece_trie.h"

namespace attune::text {

struct AddedToken {
  std::int32_t id;
  std::string content;
  bool special = true;       // Of the format, not of the text: left out when text is shown.
  bool single_word = false;  // Only where no word goes on at either end.
  bool lstrip = false;       // White space before it is of the token,
  bool rstrip = false;       // and white space after it.
  bool normalized = false;   // It is normalised as text is, and found in normalised text.
};

class AddedTokens {
 public:
  // Throws Error for an empty content or one that occurs twice.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  const std::vector<AddedToken>& tokens() const { return tokens_; }  // In the order of ids.
  // The token with that id or content, nullptr if there is none.
  const AddedToken* find_id(std::int32_t id) const;
  const AddedToken* find_content(std::string_view content) const;

  struct Match {
    std::size_t begin, end;   // Both text.size() when there is none. White space that it takes is within.
    const AddedToken* token;  // nullptr when there is none.
  };
  // The first occurrence at or after `from`, where the text has been taken up to; of those that begin
  // together, the longest.
  Match find(std::string_view text, std::size_t from) const;

  // Whether a token begins before `position` and ends after it, or would take white space there.
  bool covers(std::string_view text, std::size_t position) const;

 private:
  bool is_word_by_itself(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::int32_t, std::size_t> ids_;  // Positions in tokens_.
  PieceTrie trie_;                                     // Values are positions in tokens_.
  std::array<bool, 256> begins_{};                     // Whether some token begins with that byte.
};

}  // namespace attune::text
