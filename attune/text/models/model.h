// The third stage of a tokenizer: it encodes one piece of text as tokens. Models are those of Hugging Face's
// tokenizers (tokenizers, src/models).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/error.h"
#include "attune/text/models/segmenter.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

// A piece that the model has no tokens for; says what of it. Tokenizer::encode adds where it stands.
class UnknownPiece : public Error {
 public:
  using Error::Error;
};

class Model {
 public:
  virtual ~Model() = default;

  // What it makes of text, for the user: "characters", "byte-level BPE".
  virtual std::string_view kind() const = 0;
  virtual const Vocabulary& vocabulary() const = 0;

  // Appends the ids of `piece`, which is not empty. Throws UnknownPiece.
  virtual void encode(std::string_view piece, std::vector<std::int32_t>& ids) const = 0;
  // Appends the same tokens with where they stand in `piece`.
  virtual void tokenize(std::string_view piece, std::vector<Segment>& tokens) const = 0;

  // Whether its vocabulary holds bytes, which tokenizer.json writes in GPT-2's alphabet.
  virtual bool holds_bytes() const { return false; }
  // How a token is written in tokenizer.json.
  virtual std::string written(const std::string& token) const { return token; }
  // Whether an encoding shows the text of a token with that id instead of the token: unknown text.
  virtual bool shows_text(std::int32_t id) const { return false; }

  // As in the "model" field of tokenizer.json. "vocab" stays empty where it is {token: id}.
  virtual nlohmann::ordered_json to_json() const = 0;
};

}  // namespace attune::text
