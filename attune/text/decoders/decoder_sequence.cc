#include "attune/text/decoders/decoder_sequence.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

DecoderSequence::DecoderSequence(const nlohmann::json& json) {
  check_fields(json, "decoder", {"decoders"});
  for (const auto& part : json.at("decoders")) parts_.push_back(make_decoder(part));
}

void DecoderSequence::decode(std::vector<std::string>& tokens) const {
  for (const auto& part : parts_) part->decode(tokens);
}

nlohmann::ordered_json DecoderSequence::to_json() const {
  auto parts = nlohmann::ordered_json::array();
  for (const auto& part : parts_) parts.push_back(part->to_json());
  return {{"type", "Sequence"}, {"decoders", std::move(parts)}};
}

}  // namespace attune::text
