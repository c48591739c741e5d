#include "attune/text/normalizers/normalizer_sequence.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

NormalizerSequence::NormalizerSequence(const nlohmann::json& json) {
  check_fields(json, "normalizer", {"normalizers"});
  for (const auto& part : json.at("normalizers")) parts_.push_back(make_normalizer(part));
}

void NormalizerSequence::normalize(AlignedText& text) const {
  for (const auto& part : parts_) part->normalize(text);
}

bool NormalizerSequence::keeps_parts() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->keeps_parts(); });
}

nlohmann::ordered_json NormalizerSequence::to_json() const {
  auto parts = nlohmann::ordered_json::array();
  for (const auto& part : parts_) parts.push_back(part->to_json());
  return {{"type", "Sequence"}, {"normalizers", std::move(parts)}};
}

}  // namespace attune::text
