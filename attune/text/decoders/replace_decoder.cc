#include "attune/text/decoders/replace_decoder.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

ReplaceDecoder::ReplaceDecoder(const nlohmann::json& json)
    : pattern_(json.at("pattern")), content_(json.at("content").get<std::string>()) {
  check_fields(json, "decoder", {"pattern", "content"});
}

void ReplaceDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::string& token : tokens) {
    std::string text;
    std::size_t last = 0;
    for (const auto& [begin, end] : pattern_.find_all(token)) {
      text.append(token, last, begin - last);
      text += content_;
      last = end;
    }
    text.append(token, last);
    token = std::move(text);
  }
}

nlohmann::ordered_json ReplaceDecoder::to_json() const {
  return {{"type", "Replace"}, {"pattern", pattern_.to_json()}, {"content", content_}};
}

}  // namespace attune::text
