#include "attune/text/post_processors/bert_processing.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

BertProcessing::BertProcessing(const nlohmann::json& json)
    : sep_(read_special_token(json.at("sep"))), cls_(read_special_token(json.at("cls"))) {
  check_fields(json, "post_processor", {"sep", "cls"});
}

void BertProcessing::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  if (!add_special_tokens) return;
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    Encoding whole;
    if (i == 0) whole = special_encoding(cls_, 0);
    whole.append(encodings[i]);
    whole.append(special_encoding(sep_, i == 0 ? 0 : 1));
    encodings[i] = std::move(whole);
  }
}

nlohmann::ordered_json BertProcessing::to_json() const {
  return {{"type", "BertProcessing"},
          {"sep", nlohmann::ordered_json::array({sep_.token, sep_.id})},
          {"cls", nlohmann::ordered_json::array({cls_.token, cls_.id})}};
}

}  // namespace attune::text
