// All tokens become one: Hugging Face's Fuse.
#pragma once

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class FuseDecoder : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override;
  Joins joins() const override { return Joins::written; }
  nlohmann::ordered_json to_json() const override;
};

}  // namespace attune::text
