#include "attune/text/post_processors/roberta_processing.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attune/text/component_json.h"
#include "attune/text/post_processors/byte_level_processing.h"

namespace attune::text {

RobertaProcessing::RobertaProcessing(SpecialToken sep, SpecialToken cls, bool trim_offsets,
                                     bool add_prefix_space)
    : sep_(std::move(sep)),
      cls_(std::move(cls)),
      trim_offsets_(trim_offsets),
      add_prefix_space_(add_prefix_space) {}

RobertaProcessing::RobertaProcessing(const nlohmann::json& json)
    : RobertaProcessing(read_special_token(json.at("sep")), read_special_token(json.at("cls")),
                        json.value("trim_offsets", true), json.value("add_prefix_space", true)) {
  check_fields(json, "post_processor", {"sep", "cls", "trim_offsets", "add_prefix_space"});
}

void RobertaProcessing::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    if (trim_offsets_) text::trim_offsets(encodings[i], add_prefix_space_);
    set_type_ids(encodings[i], 0);
    if (!add_special_tokens) continue;
    Encoding whole = special_encoding(i == 0 ? cls_ : sep_, 0);
    whole.append(encodings[i]);
    whole.append(special_encoding(sep_, 0));
    encodings[i] = std::move(whole);
  }
}

nlohmann::ordered_json RobertaProcessing::to_json() const {
  return {{"type", "RobertaProcessing"},
          {"sep", nlohmann::ordered_json::array({sep_.token, sep_.id})},
          {"cls", nlohmann::ordered_json::array({cls_.token, cls_.id})},
          {"trim_offsets", trim_offsets_},
          {"add_prefix_space", add_prefix_space_}};
}

}  // namespace attune::text
