// The tokenizer of tests whose texts are a few letters.
#pragma once

#include <memory>

#include "attune/text/tokenizer_json.h"

namespace attune::tasks {

// Words "a" to "e" with ids 1 to 5.
inline std::unique_ptr<text::Tokenizer> letters() {
  const char* const json =
      R"({"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
          "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "unk_token": "?",
          "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}}})";
  return text::make_tokenizer(text::parse_tokenizer_file(json), nullptr);
}

}  // namespace attune::tasks
