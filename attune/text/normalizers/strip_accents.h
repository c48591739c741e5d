// Leaves out combining marks: Hugging Face's StripAccents. It is of use after NFD or NFKD.
#pragma once

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class StripAccents : public Normalizer {
 public:
  void normalize(AlignedText& text) const override;
  nlohmann::ordered_json to_json() const override;
};

}  // namespace attune::text
