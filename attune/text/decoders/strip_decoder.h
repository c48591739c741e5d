// Takes a character off the ends of every token, at most so often: Hugging Face's Strip.
#pragma once

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class StripDecoder : public Decoder {
 public:
  explicit StripDecoder(const nlohmann::json& json);

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::string content_;
  std::size_t start_, stop_;
};

}  // namespace attune::text
