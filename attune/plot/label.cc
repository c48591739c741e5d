#include "attune/plot/label.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "attune/base/error.h"

namespace attune::plot {
namespace {

struct Character {
  UChar32 value;  // negative for bytes that are no UTF-8
  std::string_view bytes;
};

Character next_character(std::string_view text, std::int32_t& at) {
  const auto begin = at;
  const auto length = static_cast<std::int32_t>(text.size());
  UChar32 value = 0;
  U8_NEXT(text.data(), at, length, value);
  return {value, text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin))};
}

bool is_mark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

// Zero-width joiners hold emoji and Indic letters together.
bool is_joiner(UChar32 c) { return c == 0x200C || c == 0x200D; }

bool is_invisible(UChar32 c) {
  return (U_GET_GC_MASK(c) & (U_GC_C_MASK | U_GC_Z_MASK)) != 0 && !u_hasBinaryProperty(c, UCHAR_EMOJI);
}

std::string shown_invisible(UChar32 c) {
  switch (c) {
    case ' ':
      return "␣";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return escaped(static_cast<char32_t>(c));
  }
}

std::string shown(const Character& character, bool first) {
  if (character.value < 0) {
    std::string text;
    for (const char byte : character.bytes)
      text += fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte));
    return text;
  }
  if (is_joiner(character.value) && !first) return std::string(character.bytes);
  if (is_invisible(character.value)) return shown_invisible(character.value);
  return std::string(character.bytes);
}

// Of the font's size. Sans-serif fonts give most letters about 0.6; few are wider than 0.8.
double relative_width(UChar32 c) {
  if (is_mark(c) || is_joiner(c)) return 0;
  const auto width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  if (width == U_EA_WIDE || width == U_EA_FULLWIDTH) return 1.05;
  if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '@' || c == '%') return 1;
  if (c == 'i' || c == 'l' || c == 'j' || c == 't' || c == 'f' || c == 'r' || u_ispunct(c)) return 0.45;
  return u_isupper(c) ? 0.75 : 0.65;
}

}  // namespace

std::string escaped(char32_t character) {
  const auto value = static_cast<std::uint32_t>(character);
  return value <= 0xFFFF ? fmt::format("\\u{:04X}", value) : fmt::format("\\U{:08X}", value);
}

std::string visible_label(std::string_view text, std::size_t max_characters) {
  if (text.empty()) return "∅";
  check(text.size() <= INT32_MAX, "a label of {} bytes is too long", text.size());
  std::string label;
  std::size_t characters = 0;
  for (std::int32_t at = 0; at < static_cast<std::int32_t>(text.size());) {
    const bool first = at == 0;
    const Character character = next_character(text, at);
    const bool continues = character.value >= 0 && is_mark(character.value) && !first;
    if (!continues && ++characters > max_characters) return label + "…";
    label += shown(character, first);
  }
  return label;
}

double label_width(std::string_view label, double size) {
  double width = 0;
  for (std::int32_t at = 0; at < static_cast<std::int32_t>(label.size());) {
    width += relative_width(next_character(label, at).value);
  }
  return width * size;
}

std::string gnuplot_string(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    check(static_cast<unsigned char>(c) >= ' ', "a control character 0x{:02X} cannot be drawn",
          static_cast<unsigned char>(c));
    // In single quotes nothing has a meaning but the quote; that one joins the text in double quotes.
    // (Doubling it, as gnuplot's manual has it, fails at the beginning of a text.)
    c == '\'' ? quoted += "'.\"'\".'" : quoted += c;
  }
  return quoted + "'";
}

}  // namespace attune::plot
