// BERT's normalizer (Devlin et al. 2019, BasicTokenizer in tokenization.py): control characters out, white
// space to blanks, blanks around Chinese characters, accents off, lower case.
#pragma once

#include <optional>

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class BertNormalizer : public Normalizer {
 public:
  struct Options {
    bool clean_text = true;
    bool handle_chinese_chars = true;
    std::optional<bool> strip_accents = std::nullopt;  // None: as `lowercase`.
    bool lowercase = true;
  };
  explicit BertNormalizer(const nlohmann::json& json);
  explicit BertNormalizer(const Options& options);

  void normalize(AlignedText& text) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  Options options_;
  std::array<char, 256> ascii_;  // What becomes of ASCII characters that stay, 0 for those that do not.
};

}  // namespace attune::text
