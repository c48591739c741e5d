#include "attune/text/decoders/byte_level_decoder.h"

#include <nlohmann/json.hpp>

#include "attune/text/unicode/byte_alphabet.h"

namespace attune::text {

void ByteLevelDecoder::decode(std::vector<std::string>& tokens) const {
  std::string text;
  for (const std::string& token : tokens) text += alphabet_to_bytes(token).value_or(token);
  tokens.assign(1, std::move(text));
}

nlohmann::ordered_json ByteLevelDecoder::to_json() const { return ByteLevel::to_json(options_); }

}  // namespace attune::text
