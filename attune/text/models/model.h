// The third stage of a tokenizer: it encodes one piece of text as ids.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/error.h"

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

  // Appends the ids of `piece`, which is not empty. Throws UnknownPiece.
  virtual void encode(std::string_view piece, std::vector<std::int32_t>& ids) const = 0;

  // How a token is written in tokenizer.json.
  virtual std::string written(const std::string& token) const = 0;

  // As in the "model" field of tokenizer.json, but for "vocab", which stays empty.
  virtual nlohmann::ordered_json to_json() const = 0;
};

}  // namespace attune::text
