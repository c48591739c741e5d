// Text of a generation as it goes: only whole characters come out, bytes of an unfinished one are held back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::text {

class StreamingDecoder {
 public:
  // `tokenizer` must outlive the decoder. Special tokens are left out unless asked for.
  explicit StreamingDecoder(const Tokenizer& tokenizer, bool skip_special = true)
      : tokenizer_(tokenizer), skip_special_(skip_special) {}

  // Takes the next id and gives the characters that it completes, valid UTF-8: what can no longer become a
  // character is replaced by U+FFFD. Throws Error for an id out of range.
  std::string push(std::int32_t id);

  // At the end: U+FFFD for what is still held back, else nothing.
  std::string finish();

 private:
  std::string push_in_context(std::int32_t id);

  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string pending_;  // Bytes of tokens that stand side by side, not given yet.
  // Where the text of a token depends on those before it: the last tokens, how many of them the text shown_
  // is of, which has been given.
  std::vector<std::int32_t> ids_;
  std::size_t shown_ids_ = 0;
  std::string shown_;
};

}  // namespace attune::text
