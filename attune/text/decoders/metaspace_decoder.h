// "▁" becomes a blank, but at the beginning nothing: Hugging Face's Metaspace.
#pragma once

#include <utility>

#include "attune/text/decoders/decoder.h"
#include "attune/text/pre_tokenizers/metaspace.h"

namespace attune::text {

class MetaspaceDecoder : public Decoder {
 public:
  explicit MetaspaceDecoder(const nlohmann::json& json)
      : options_(Metaspace::read_options(json, "decoder")) {}
  explicit MetaspaceDecoder(Metaspace::Options options) : options_(std::move(options)) {}

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  Metaspace::Options options_;
};

}  // namespace attune::text
