#include "attune/text/normalizers/strip.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/normalizers/characters_of.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {

Strip::Strip(const nlohmann::json& json)
    : left_(json.at("strip_left").get<bool>()), right_(json.at("strip_right").get<bool>()) {
  check_fields(json, "normalizer", {"strip_left", "strip_right"});
}

void Strip::normalize(AlignedText& text) const {
  std::size_t begin = 0, end = 0;  // Of what is not white space.
  bool leading = true;
  for_each_character(text.view(), [&](char32_t c, std::size_t after) {
    if (!is_whitespace(c)) {
      leading = false;
      end = after;
    } else if (leading) {
      begin = after;
    }
  });
  Rewriter rewriter(text);
  if (left_) rewriter.remove(begin);
  if (end > begin) rewriter.keep(end);
  if (!right_) rewriter.keep(text.view().size());
  text = rewriter.finish();
}

nlohmann::ordered_json Strip::to_json() const {
  return {{"type", "Strip"}, {"strip_left", left_}, {"strip_right", right_}};
}

}  // namespace attune::text
