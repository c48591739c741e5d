#include "attune/text/normalizers/replace.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

Replace::Replace(const nlohmann::json& json)
    : pattern_(json.at("pattern")), content_(json.at("content").get<std::string>()) {
  check_fields(json, "normalizer", {"pattern", "content"});
}

void Replace::normalize(AlignedText& text) const {
  const std::vector<Offsets> matches = pattern_.find_all(text.view());
  if (matches.empty()) return;
  Rewriter rewriter(text);
  for (const auto& [begin, end] : matches) {
    rewriter.keep(begin);
    rewriter.remove(end);
    rewriter.insert(content_);
  }
  rewriter.keep(text.view().size());
  text = rewriter.finish();
}

nlohmann::ordered_json Replace::to_json() const {
  return {{"type", "Replace"}, {"pattern", pattern_.to_json()}, {"content", content_}};
}

}  // namespace attune::text
