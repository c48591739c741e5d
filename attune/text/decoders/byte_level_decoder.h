// Bytes written in GPT-2's alphabet (byte_alphabet.h) become bytes again: Hugging Face's ByteLevel.
#pragma once

#include "attune/text/decoders/decoder.h"
#include "attune/text/pre_tokenizers/byte_level.h"

namespace attune::text {

class ByteLevelDecoder : public Decoder {
 public:
  explicit ByteLevelDecoder(const nlohmann::json& json)
      : options_(ByteLevel::read_options(json, "decoder")) {}
  explicit ByteLevelDecoder(const ByteLevel::Options& options) : options_(options) {}

  void decode(std::vector<std::string>& tokens) const override;
  Joins joins() const override { return Joins::bytes; }
  nlohmann::ordered_json to_json() const override;

 private:
  ByteLevel::Options options_;  // Of the pre-tokenizer of that name; kept for the file.
};

}  // namespace attune::text
