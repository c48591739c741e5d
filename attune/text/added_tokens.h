// Added tokens, such as <|endoftext|>: strings that are found in the text before anything else is done with
// it and become one id each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

struct AddedToken {
  std::int32_t id;
  std::string content;
  bool special = true;  // Of the format, not of the text: left out when text is shown.
};

class AddedTokens {
 public:
  // Throws Error for an empty content or one that occurs twice.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  // The token with that id or content, nullptr if there is none.
  const AddedToken* find_id(std::int32_t id) const;
  const AddedToken* find_content(std::string_view content) const;

  struct Match {
    std::size_t begin, end;   // Both text.size() when there is none.
    const AddedToken* token;  // nullptr when there is none.
  };
  // The first occurrence at or after `from`; of those that begin together, the longest.
  Match find(std::string_view text, std::size_t from) const;

  // Whether a token begins before `position` and ends after it.
  bool covers(std::string_view text, std::size_t position) const;

 private:
  std::vector<AddedToken> tokens_;  // Longest first.
  std::array<bool, 256> begins_{};  // Whether some token begins with that byte.
};

}  // namespace attune::text
