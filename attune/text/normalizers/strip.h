// Leaves out white space at the ends of a text: Hugging Face's Strip.
#pragma once

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class Strip : public Normalizer {
 public:
  explicit Strip(const nlohmann::json& json);

  void normalize(AlignedText& text) const override;
  bool keeps_parts() const override { return false; }
  nlohmann::ordered_json to_json() const override;

 private:
  bool left_, right_;
};

}  // namespace attune::text
