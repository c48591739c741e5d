// The second stage of a tokenizer: it divides text into pieces (words, characters), which the model then
// encodes one by one. Components are those of Hugging Face's tokenizers (tokenizers, src/pre_tokenizers),
// constructed from their object in tokenizer.json.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "attune/text/unicode/aligned_text.h"

namespace attune::text {

struct PreTokenizedText {
  AlignedText text;
  std::vector<Offsets> pieces;  // Of `text`, in order, none of them empty.
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  // Divides each piece further. It may rewrite the text. The text is valid UTF-8 unless takes_any_bytes().
  // Throws Error where a regular expression gives up.
  virtual void pre_tokenize(PreTokenizedText& text) const = 0;

  virtual bool takes_any_bytes() const { return false; }

  // The first position at or after `from` where the text can be divided without any piece changing, so that a
  // long text can be encoded part by part; text.size() when there is none.
  virtual std::size_t find_cut(std::string_view text, std::size_t from) const = 0;

  // As in the "pre_tokenizer" field of tokenizer.json.
  virtual nlohmann::ordered_json to_json() const = 0;
};

// The first blank at or after `from` that follows none: the cut of pre-tokenizers that never have a piece go
// on there.
std::size_t find_blank(std::string_view text, std::size_t from);

// From the "pre_tokenizer" of tokenizer.json. Throws Error that names what is not supported.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const nlohmann::json& json);

}  // namespace attune::text
