// Blanks between words, none before what goes on with "##"; with "cleanup", none before punctuation and
// English contractions either: Hugging Face's WordPiece.
#pragma once

#include <utility>

#include "attune/text/decoders/decoder.h"

namespace attune::text {

class WordPieceDecoder : public Decoder {
 public:
  explicit WordPieceDecoder(const nlohmann::json& json);
  WordPieceDecoder(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}

  void decode(std::vector<std::string>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::string prefix_;
  bool cleanup_;
};

}  // namespace attune::text
