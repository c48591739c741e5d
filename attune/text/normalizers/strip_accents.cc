#include "attune/text/normalizers/strip_accents.h"

#include <nlohmann/json.hpp>

#include "attune/text/normalizers/characters_of.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {

void StripAccents::normalize(AlignedText& text) const {
  if (!is_ascii(text.view())) remove_characters(text, is_mark);
}

nlohmann::ordered_json StripAccents::to_json() const { return {{"type", "StripAccents"}}; }

}  // namespace attune::text
