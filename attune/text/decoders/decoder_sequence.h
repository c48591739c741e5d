// Decoders one after another: Hugging Face's Sequence.
#pragma once

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class DecoderSequence : public Decoder {
 public:
  explicit DecoderSequence(const nlohmann::json& json);

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::vector<std::unique_ptr<const Decoder>> parts_;
};

}  // namespace attune::text
