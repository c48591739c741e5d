#include "attune/text/pre_tokenizers/punctuation.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {

Punctuation::Punctuation(const nlohmann::json& json)
    : behavior_(parse_split_behavior(json.value("behavior", "Isolated"))) {
  check_fields(json, "pre_tokenizer", {"behavior"});
}

void Punctuation::pre_tokenize(PreTokenizedText& text) const {
  divide_at_characters(text, behavior_, is_punctuation);
}

nlohmann::ordered_json Punctuation::to_json() const {
  return {{"type", "Punctuation"}, {"behavior", name_of(behavior_)}};
}

}  // namespace attune::text
