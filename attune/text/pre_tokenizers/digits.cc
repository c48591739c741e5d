#include "attune/text/pre_tokenizers/digits.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/pre_tokenizers/split_behavior.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {

Digits::Digits(const nlohmann::json& json) : individual_(json.at("individual_digits").get<bool>()) {
  check_fields(json, "pre_tokenizer", {"individual_digits"});
}

void Digits::pre_tokenize(PreTokenizedText& text) const {
  divide_at_characters(text, individual_ ? SplitBehavior::isolated : SplitBehavior::contiguous, is_numeric);
}

nlohmann::ordered_json Digits::to_json() const {
  return {{"type", "Digits"}, {"individual_digits", individual_}};
}

}  // namespace attune::text
