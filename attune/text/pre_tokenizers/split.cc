#include "attune/text/pre_tokenizers/split.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

Split::Split(const nlohmann::json& json)
    : pattern_(json.at("pattern")),
      behavior_(parse_split_behavior(json.at("behavior").get<std::string>())),
      invert_(json.value("invert", false)) {
  check_fields(json, "pre_tokenizer", {"pattern", "behavior", "invert"});
}

void Split::pre_tokenize(PreTokenizedText& text) const {
  divide_pieces(text, behavior_,
                [&](std::string_view piece, std::size_t begin, std::vector<Stretch>& stretches) {
                  std::size_t last = 0;
                  for (const Offsets& match : pattern_.find_all(piece)) {
                    if (last < match.begin)
                      stretches.push_back({{begin + last, begin + match.begin}, invert_});
                    stretches.push_back({{begin + match.begin, begin + match.end}, !invert_});
                    last = match.end;
                  }
                  if (last < piece.size())
                    stretches.push_back({{begin + last, begin + piece.size()}, invert_});
                });
}

nlohmann::ordered_json Split::to_json() const {
  return {{"type", "Split"},
          {"pattern", pattern_.to_json()},
          {"behavior", name_of(behavior_)},
          {"invert", invert_}};
}

}  // namespace attune::text
