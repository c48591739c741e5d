#include "attune/text/decoders/strip_decoder.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

StripDecoder::StripDecoder(const nlohmann::json& json) {
  check_fields(json, "decoder", {"content", "start", "stop"});
  append_utf8(read_character(json, "content"), content_);
  const auto count = [&](const char* name) {
    const auto value = json.at(name).get<std::int64_t>();
    check(value >= 0, "decoder Strip has \"{}\": {}, expected 0 or more", name, value);
    return static_cast<std::size_t>(value);
  };
  start_ = count("start");
  stop_ = count("stop");
}

void StripDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::string& token : tokens) {
    std::string_view text = token;
    for (std::size_t n = 0; n < start_ && text.starts_with(content_); ++n)
      text.remove_prefix(content_.size());
    for (std::size_t n = 0; n < stop_ && text.ends_with(content_); ++n) text.remove_suffix(content_.size());
    token = std::string(text);
  }
}

nlohmann::ordered_json StripDecoder::to_json() const {
  return {{"type", "Strip"}, {"content", content_}, {"start", start_}, {"stop", stop_}};
}

}  // namespace attune::text
