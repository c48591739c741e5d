// Puts a text in the place of every match of a pattern in a token: Hugging Face's Replace.
#pragma once

#include "attune/text/decoders/decoder.h"
#include "attune/text/unicode/pattern.h"

namespace attune::text {

class ReplaceDecoder : public Decoder {
 public:
  explicit ReplaceDecoder(const nlohmann::json& json);

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  Pattern pattern_;
  std::string content_;
};

}  // namespace attune::text
