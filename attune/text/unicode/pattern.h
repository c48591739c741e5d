// What a Replace or a Split looks for: {"String": "..."} or {"Regex": "..."}.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/encoding.h"
#include "attune/text/unicode/regex.h"

namespace attune::text {

class Pattern {
 public:
  // Throws Error.
  explicit Pattern(const nlohmann::json& json);
  static Pattern string(std::string text);

  // Matches from left to right, none of them overlapping.
  std::vector<Offsets> find_all(std::string_view text) const;
  // Whether the pattern is a text without this one in it: its matches never go across it.
  bool never_spans(std::string_view text) const { return !regex_ && text_.find(text) == std::string::npos; }
  nlohmann::ordered_json to_json() const;

 private:
  explicit Pattern(std::string text) : text_(std::move(text)) {}

  std::string text_;  // What is looked for, or the expression.
  std::optional<Regex> regex_;
};

}  // namespace attune::text
