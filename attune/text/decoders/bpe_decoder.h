// What ends a word ("</w>") becomes a blank, at the end nothing: Hugging Face's BPEDecoder.
#pragma once

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(const nlohmann::json& json);

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::string suffix_;
};

}  // namespace attune::text
