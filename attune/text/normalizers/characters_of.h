// Rewriting character by character, as most normalizers do.
#pragma once

#include <string_view>

#include "attune/text/unicode/aligned_text.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

inline bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

// Calls `visit` with every character and where it ends, in order.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    at += c.length;
    visit(c.value, at);
  }
}

// Leaves out the characters for which `drops` holds.
template <typename Drops>
void remove_characters(AlignedText& text, Drops drops) {
  Rewriter rewriter(text);
  for_each_character(text.view(), [&](char32_t c, std::size_t end) {
    if (!drops(c)) return;
    std::size_t begin = end - 1;
    while ((static_cast<unsigned char>(text.view()[begin]) & 0xC0) == 0x80) --begin;
    rewriter.keep(begin);
    rewriter.remove(end);
  });
  if (rewriter.at() == 0) return;
  rewriter.keep(text.view().size());
  text = rewriter.finish();
}

}  // namespace attune::text
