// Puts a text before another one that is not empty: Hugging Face's Prepend.
#pragma once

#include <string>

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class Prepend : public Normalizer {
 public:
  explicit Prepend(const nlohmann::json& json);

  void normalize(AlignedText& text) const override;
  bool keeps_parts() const override { return false; }
  nlohmann::ordered_json to_json() const override;

 private:
  std::string prepend_;
};

}  // namespace attune::text
