#include "attune/text/unicode/pattern.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"

namespace attune::text {

Pattern::Pattern(const nlohmann::json& json) {
  const bool one =
      json.is_object() && json.size() == 1 && (json.contains("String") || json.contains("Regex"));
  check(one, "a pattern is {}, expected {{\"String\": ...}} or {{\"Regex\": ...}}", json.dump());
  text_ = json.front().get<std::string>();
  // Nothing is found nowhere and everywhere at once; the engine has the rules for it.
  if (json.contains("Regex") || text_.empty()) regex_ = Regex(text_);
}

Pattern Pattern::string(std::string text) { return Pattern(std::move(text)); }

std::vector<Offsets> Pattern::find_all(std::string_view text) const {
  if (regex_) return regex_->find_all(text);
  std::vector<Offsets> found;
  for (std::size_t at = text.find(text_); at != std::string_view::npos;
       at = text.find(text_, at + text_.size())) {
    found.push_back({at, at + text_.size()});
  }
  return found;
}

nlohmann::ordered_json Pattern::to_json() const {
  return {{regex_ && !text_.empty() ? "Regex" : "String", text_}};
}

}  // namespace attune::text
