// What a tokenizer puts around the tokens of one text or two: [CLS] A [SEP] B [SEP].
#pragma once

#include <cstdint>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct TokenFormat {
  struct Text {
    std::vector<std::int32_t> before, after;
    std::int64_t added() const { return static_cast<std::int64_t>(before.size() + after.size()); }
  } single;
  struct Pair {
    std::vector<std::int32_t> before, between, after;
    std::int64_t added() const {
      return static_cast<std::int64_t>(before.size() + between.size() + after.size());
    }
  } pair;
};

// By encoding a text. Throws Error for a tokenizer that makes no token of it.
TokenFormat token_format(const text::Tokenizer& tokenizer);

}  // namespace attune::tasks
