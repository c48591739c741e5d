#include "attune/text/normalizers/normalizer.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/normalizers/bert_normalizer.h"
#include "attune/text/normalizers/lowercase.h"
#include "attune/text/normalizers/normalizer_sequence.h"
#include "attune/text/normalizers/precompiled.h"
#include "attune/text/normalizers/prepend.h"
#include "attune/text/normalizers/replace.h"
#include "attune/text/normalizers/strip.h"
#include "attune/text/normalizers/strip_accents.h"
#include "attune/text/normalizers/unicode_form.h"

namespace attune::text {

std::unique_ptr<const Normalizer> make_normalizer(const nlohmann::json& json) {
  const std::string type = type_of(json, "normalizer");
  if (type == "BertNormalizer") return std::make_unique<BertNormalizer>(json);
  if (UnicodeForm::is_form(type)) return std::make_unique<UnicodeForm>(type);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Strip") return std::make_unique<Strip>(json);
  if (type == "Prepend") return std::make_unique<Prepend>(json);
  if (type == "Replace") return std::make_unique<Replace>(json);
  if (type == "Precompiled") return std::make_unique<Precompiled>(json);
  if (type == "Sequence") return std::make_unique<NormalizerSequence>(json);
  fail(
      "normalizer {} is not supported, expected BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, "
      "StripAccents, "
      "Strip, Prepend, Replace, Precompiled or Sequence",
      type);
}

}  // namespace attune::text
