#include "attune/text/unicode/character_class.h"

#include <oniguruma.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "attune/base/error.h"

namespace attune::text {
namespace {

constexpr OnigCodePoint kCodePoints = 0x110000;

// Marks the code points that have a Unicode property, such as "L", which Oniguruma lists as ranges.
void mark(std::vector<CharacterClass>& classes, std::string_view property, CharacterClass value) {
  const auto* name = reinterpret_cast<const OnigUChar*>(property.data());
  const int type = OnigEncodingUTF8.property_name_to_ctype(&OnigEncodingUTF8, const_cast<OnigUChar*>(name),
                                                           const_cast<OnigUChar*>(name) + property.size());
  OnigCodePoint single_byte_limit = 0;
  const OnigCodePoint* ranges = nullptr;  // Count, then the first and last code point of each range.
  check(type >= 0 && OnigEncodingUTF8.get_ctype_code_range(static_cast<OnigCtype>(type), &single_byte_limit,
                                                           &ranges) == ONIG_NORMAL,
        "Oniguruma does not know the Unicode property {}", property);
  for (OnigCodePoint i = 0; i < ranges[0]; ++i) {
    const OnigCodePoint first = ranges[2 * i + 1];
    const OnigCodePoint end = std::min(ranges[2 * i + 2] + 1, kCodePoints);
    if (first < end) std::fill(classes.begin() + first, classes.begin() + end, value);
  }
}

}  // namespace

const CharacterClass* character_classes() {
  static const std::vector<CharacterClass> classes = [] {
    std::vector<CharacterClass> result(kCodePoints, CharacterClass::other);
    mark(result, "L", CharacterClass::letter);
    mark(result, "N", CharacterClass::number);
    mark(result, "Space", CharacterClass::space);
    return result;
  }();
  return classes.data();
}

}  // namespace attune::text
