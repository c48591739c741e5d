#include "attune/text/normalizers/prepend.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

Prepend::Prepend(const nlohmann::json& json) : prepend_(json.at("prepend").get<std::string>()) {
  check_fields(json, "normalizer", {"prepend"});
}

void Prepend::normalize(AlignedText& text) const {
  if (text.view().empty()) return;
  Rewriter rewriter(text);
  rewriter.insert_before(prepend_);
  rewriter.keep(text.view().size());
  text = rewriter.finish();
}

nlohmann::ordered_json Prepend::to_json() const { return {{"type", "Prepend"}, {"prepend", prepend_}}; }

}  // namespace attune::text
