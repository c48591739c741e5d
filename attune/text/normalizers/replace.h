// Puts a text in the place of every match of a pattern: Hugging Face's Replace.
#pragma once

#include <string>

#include "attune/text/normalizers/normalizer.h"
#include "attune/text/unicode/pattern.h"

namespace attune::text {

class Replace : public Normalizer {
 public:
  explicit Replace(const nlohmann::json& json);
  Replace(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void normalize(AlignedText& text) const override;
  bool keeps_parts() const override { return pattern_.never_spans(" "); }
  nlohmann::ordered_json to_json() const override;

 private:
  Pattern pattern_;
  std::string content_;
};

}  // namespace attune::text
