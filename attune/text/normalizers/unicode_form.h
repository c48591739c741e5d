// Unicode's normal forms NFC, NFD, NFKC and NFKD (Unicode Standard Annex 15). ICU has the data; the steps are
// spelled out here, because ICU does not say which character came from which.
#pragma once

#include <string>
#include <string_view>

#include "attune/text/normalizers/normalizer.h"

namespace attune::text {

class UnicodeForm : public Normalizer {
 public:
  static bool is_form(std::string_view name);
  explicit UnicodeForm(std::string name);

  void normalize(AlignedText& text) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::string name_;
  bool compatible_, composed_;
};

}  // namespace attune::text
