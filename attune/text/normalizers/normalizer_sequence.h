// Normalizers one after another: Hugging Face's Sequence.
#pragma once

#include <vector>

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(const nlohmann::json& json);
  explicit NormalizerSequence(std::vector<std::unique_ptr<const Normalizer>> parts)
      : parts_(std::move(parts)) {}

  void normalize(AlignedText& text) const override;
  bool keeps_parts() const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::vector<std::unique_ptr<const Normalizer>> parts_;
};

}  // namespace attune::text
