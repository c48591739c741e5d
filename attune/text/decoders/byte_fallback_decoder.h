// Tokens <0x00> to <0xFF> become the characters that they are the bytes of, or U+FFFD each: Hugging Face's
// ByteFallback.
#pragma once

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class ByteFallbackDecoder : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;
};

}  // namespace attune::text
