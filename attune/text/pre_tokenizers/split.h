// Divides text at the matches of a pattern, or with "invert" at what stands between them: Hugging Face's
// Split.
#pragma once

#include "attune/text/pre_tokenizers/split_behavior.h"
#include "attune/text/unicode/pattern.h"

namespace attune::text {

class Split : public PreTokenizer {
 public:
  explicit Split(const nlohmann::json& json);

  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t) const override { return text.size(); }
  nlohmann::ordered_json to_json() const override;

 private:
  Pattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace attune::text
