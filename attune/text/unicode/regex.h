// Regular expressions of Oniguruma, the engine that Hugging Face's tokenizers use, in its Ruby syntax.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/encoding.h"

namespace attune::text {

class Regex {
 public:
  // Throws Error for what is no regular expression.
  explicit Regex(const std::string& pattern);

  // All matches from left to right, none of them overlapping. `text` must be valid UTF-8. An empty match
  // right after another one does not count. Throws Error when the engine gives up.
  std::vector<Offsets> find_all(std::string_view text) const;

 private:
  std::string pattern_;
  std::shared_ptr<void> regex_;  // regex_t
};

}  // namespace attune::text
