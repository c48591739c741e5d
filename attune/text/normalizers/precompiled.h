// The rules of a SentencePiece model (charsmap.h), applied as Hugging Face's Precompiled does: not to the
// longest match, as SentencePiece, but to grapheme clusters of up to five bytes and, where there is no rule
// for one, to its characters; of the rules that a cluster begins with, the shortest counts.
#pragma once

#include <string>

#include "attune/text/normalizers/charsmap.h"
#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(const nlohmann::json& json);
  explicit Precompiled(std::string charsmap);

  void normalize(AlignedText& text) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::string charsmap_;
  CharsMap rules_;
  std::array<bool, 128> keeps_;  // ASCII characters without a rule.
};

}  // namespace attune::text
