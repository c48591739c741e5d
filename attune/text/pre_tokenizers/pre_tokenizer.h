// The second stage of a tokenizer: it divides text into pieces (words, characters), which the model then
// encodes one by one. The pieces cover the text, in order.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace attune::text {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  // The end of the piece that begins at `begin`, where a piece ended before or the text begins.
  virtual std::size_t piece_end(std::string_view text, std::size_t begin) const = 0;

  // The first position at or after `from` where the text can be divided without any piece changing, so that a
  // long text can be encoded part by part; text.size() when there is none.
  virtual std::size_t find_cut(std::string_view text, std::size_t from) const = 0;

  // As in the "pre_tokenizer" field of tokenizer.json.
  virtual nlohmann::ordered_json to_json() const = 0;
};

}  // namespace attune::text
