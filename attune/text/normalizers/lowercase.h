// Every character in lower case, by itself: Hugging Face's Lowercase. (attune/text/unicode/lowercase.h is
// that of sentences.)
#pragma once

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class Lowercase : public Normalizer {
 public:
  void normalize(AlignedText& text) const override;
  nlohmann::ordered_json to_json() const override;
};

}  // namespace attune::text
