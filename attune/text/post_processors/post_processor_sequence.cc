#include "attune/text/post_processors/post_processor_sequence.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"

namespace attune::text {

// A second one that adds tokens would take the parts of the first for texts.
PostProcessorSequence::PostProcessorSequence(const nlohmann::json& json) {
  check_fields(json, "post_processor", {"processors"});
  std::string adding;
  for (const auto& part : json.at("processors")) {
    parts_.push_back(make_post_processor(part));
    const std::string type = type_of(part, "post_processor");
    check(adding.empty(), "post_processor Sequence with {} after {} is not supported", type, adding);
    if (type != "ByteLevel") adding = type;
  }
}

std::size_t PostProcessorSequence::added_tokens(bool pair) const {
  std::size_t count = 0;
  for (const auto& part : parts_) count += part->added_tokens(pair);
  return count;
}

void PostProcessorSequence::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  for (const auto& part : parts_) part->process(encodings, add_special_tokens);
}

nlohmann::ordered_json PostProcessorSequence::to_json() const {
  auto parts = nlohmann::ordered_json::array();
  for (const auto& part : parts_) parts.push_back(part->to_json());
  return {{"type", "Sequence"}, {"processors", std::move(parts)}};
}

}  // namespace attune::text
