// The last stage of a tokenizer: it makes text of tokens. Components are those of Hugging Face's tokenizers
// (tokenizers, src/decoders), constructed from their object in tokenizer.json.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace attune::text {

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Rewrites tokens as they are written in tokenizer.json; the text is what they are together.
  virtual void decode(std::vector<std::string>& tokens) const = 0;

  // Whether the text is nothing but the tokens side by side: as they are written, or as bytes.
  enum class Joins { nothing, written, bytes };
  virtual Joins joins() const { return Joins::nothing; }

  virtual nlohmann::ordered_json to_json() const = 0;
};

// From the "decoder" of tokenizer.json. Throws Error that names what is not supported.
std::unique_ptr<const Decoder> make_decoder(const nlohmann::json& json);

}  // namespace attune::text
