#include "attune/text/pre_tokenizers/pre_tokenizer_sequence.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"

namespace attune::text {

PreTokenizerSequence::PreTokenizerSequence(const nlohmann::json& json) {
  check_fields(json, "pre_tokenizer", {"pretokenizers"});
  bool byte_level = false;
  for (const auto& part : json.at("pretokenizers")) {
    check(!byte_level, "pre_tokenizer Sequence with {} after ByteLevel is not supported",
          type_of(part, "pre_tokenizer"));
    parts_.push_back(make_pre_tokenizer(part));
    byte_level = type_of(part, "pre_tokenizer") == "ByteLevel";
  }
}

void PreTokenizerSequence::pre_tokenize(PreTokenizedText& text) const {
  for (const auto& part : parts_) part->pre_tokenize(text);
}

// What the first one never has a piece go across, none after it can join again.
std::size_t PreTokenizerSequence::find_cut(std::string_view text, std::size_t from) const {
  return parts_.empty() ? text.size() : parts_.front()->find_cut(text, from);
}

nlohmann::ordered_json PreTokenizerSequence::to_json() const {
  auto parts = nlohmann::ordered_json::array();
  for (const auto& part : parts_) parts.push_back(part->to_json());
  return {{"type", "Sequence"}, {"pretokenizers", std::move(parts)}};
}

}  // namespace attune::text
