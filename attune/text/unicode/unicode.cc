#include "attune/text/unicode/unicode.h"

#include <unicode/uchar.h>

namespace attune::text {
namespace {

constexpr char32_t kDottedI = 0x130;  // The only letter whose lower case is two characters.
constexpr char32_t kDotAbove = 0x307;

constexpr int kCategoriesVersion = 8;

bool has_category(char32_t c, std::uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}

bool had_category(char32_t c, std::uint32_t mask) {
  return has_category(c, mask) && is_as_old_as(c, kCategoriesVersion);
}

}  // namespace

bool is_as_old_as(char32_t c, int version) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > 0 && (age[0] < version || (age[0] == version && age[1] == 0));
}

bool is_whitespace(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

bool is_word(char32_t c) {
  return has_category(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         u_isUAlphabetic(static_cast<UChar32>(c)) != 0 ||
         u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_JOIN_CONTROL) != 0;
}

bool is_numeric(char32_t c) { return has_category(c, U_GC_N_MASK); }

bool is_punctuation(char32_t c) {
  if (c < 0x80) return c > ' ' && c < 0x7F && !has_category(c, U_GC_L_MASK | U_GC_N_MASK);
  return had_category(c, U_GC_P_MASK);
}

bool is_control(char32_t c) { return had_category(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK); }

bool is_mark(char32_t c) { return has_category(c, U_GC_M_MASK) && is_as_old_as(c, kNormalFormsVersion); }

bool is_nonspacing_mark(char32_t c) { return had_category(c, U_GC_MN_MASK); }

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

void append_lowercase(char32_t c, std::u32string& text) {
  if (c == kDottedI) {
    text += U'i';
    text += kDotAbove;
  } else {
    text += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  }
}

}  // namespace attune::text
