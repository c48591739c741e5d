#include "attune/plot/fonts.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "attune/base/error.h"
#include "attune/io/child_process.h"
#include "attune/plot/label.h"

namespace attune::plot {
namespace {

// fontconfig's way to write a set of characters: "20-7e a0 2423", in hexadecimal.
std::vector<std::pair<char32_t, char32_t>> parse_character_set(const std::string& text) {
  std::vector<std::pair<char32_t, char32_t>> ranges;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    std::uint32_t first = 0, last = 0;
    const char* end = word.data() + word.size();
    const auto [at, error] = std::from_chars(word.data(), end, first, 16);
    if (error != std::errc()) continue;
    if (at == end || std::from_chars(at + 1, end, last, 16).ec != std::errc()) last = first;
    ranges.emplace_back(first, last);
  }
  return ranges;
}

bool is_east_asian(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &error);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         script == USCRIPT_HANGUL || script == USCRIPT_BOPOMOFO ||
         u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH) == U_EA_FULLWIDTH;
}

}  // namespace

Fonts Fonts::installed() {
  const auto listed = io::run_child({"fc-list", "--format", "%{charset}\n", ":"}, "");
  if (!listed || listed->exit_code != 0) return Fonts({{0, 0x10FFFF}});
  Fonts fonts(parse_character_set(listed->output));
  check(fonts.can_draw('a'),
        "there is no font to write labels with (Debian: apt-get install fonts-dejavu-core)");
  return fonts;
}

bool Fonts::can_draw(char32_t character) const {
  if (u_hasBinaryProperty(static_cast<UChar32>(character), UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return true;
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
    return range.first <= character && character <= range.second;
  });
}

std::string Fonts::drawable(std::string_view label, std::u32string& missing) const {
  std::string drawn;
  const auto length = static_cast<std::int32_t>(label.size());
  for (std::int32_t at = 0; at < length;) {
    const auto begin = static_cast<std::size_t>(at);
    UChar32 value = 0;
    U8_NEXT(label.data(), at, length, value);
    const auto character = static_cast<char32_t>(value);
    if (can_draw(character)) {
      drawn += label.substr(begin, static_cast<std::size_t>(at) - begin);
      continue;
    }
    drawn += escaped(character);
    if (missing.find(character) == std::u32string::npos) missing += character;
  }
  return drawn;
}

std::string font_packages(std::u32string_view characters) {
  bool east_asian = false, emoji = false, other = false;
  for (const char32_t character : characters) {
    const auto c = static_cast<UChar32>(character);
    if (is_east_asian(c)) {
      east_asian = true;
    } else if (u_hasBinaryProperty(c, UCHAR_EMOJI) || u_charType(c) == U_OTHER_SYMBOL) {
      emoji = true;
    } else {
      other = true;
    }
  }
  std::string packages;
  const auto add = [&](bool wanted, const char* package) {
    if (wanted) packages += (packages.empty() ? "" : " ") + std::string(package);
  };
  add(other, "fonts-noto-core");
  add(east_asian, "fonts-wqy-microhei");
  add(emoji, "fonts-symbola");
  return packages;
}

}  // namespace attune::plot
