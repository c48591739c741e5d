// What Python's str.split and str.rstrip call whitespace, as sacreBLEU cuts words by it.
#pragma once

#include <string_view>

#include "attune/text/unicode/utf8.h"

namespace attune::tasks {

constexpr bool is_whitespace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// Calls word(std::string_view) for every run of other characters.
template <typename Function>
void for_each_word(std::string_view text, Function&& word) {
  std::size_t begin = 0, at = 0;
  while (at < text.size()) {
    const text::CodePoint c = text::decode_code_point(text.substr(at));
    if (is_whitespace(c.value)) {
      if (at > begin) word(text.substr(begin, at - begin));
      begin = at + c.length;
    }
    at += c.length;
  }
  if (at > begin) word(text.substr(begin));
}

}  // namespace attune::tasks
