#include "attune/text/unicode/utf8.h"

#include <fmt/core.h>
#include <simdjson.h>

namespace attune::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// What may follow a lead byte: how many bytes, and the range of the first of them (the others are 80..BF).
struct Sequence {
  int trailing;
  unsigned char low, high;
};

Sequence sequence_of(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

CodePoint decode_code_point(std::string_view text) {
  using Status = CodePoint::Status;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, Status::valid};
  auto [trailing, low, high] = sequence_of(lead);
  if (trailing == 0) return {kReplacement, 1, Status::invalid};
  char32_t value = lead & (0x3F >> trailing);
  for (int i = 1; i <= trailing; ++i) {
    const auto length = static_cast<std::uint8_t>(i);
    if (text.size() <= length) return {kReplacement, length, Status::incomplete};
    const auto byte = static_cast<unsigned char>(text[length]);
    if (byte < low || byte > high) return {kReplacement, length, Status::invalid};
    value = value << 6 | (byte & 0x3F);
    low = 0x80, high = 0xBF;
  }
  return {value, static_cast<std::uint8_t>(trailing + 1), Status::valid};
}

void append_utf8(char32_t c, std::string& text) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int trailing = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  const unsigned lead = trailing == 1 ? 0xC0 : trailing == 2 ? 0xE0 : 0xF0;
  text += static_cast<char>(lead | c >> 6 * trailing);
  for (int i = trailing - 1; i >= 0; --i) text += static_cast<char>(0x80 | (c >> 6 * i & 0x3F));
}

void remove_byte_order_mark(std::string& text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.erase(0, mark.size());
}

std::string invalid_utf8_reason(char byte) {
  return fmt::format(
      "invalid UTF-8 (byte 0x{:02X}); characters need valid text, byte-level BPE takes any bytes",
      static_cast<unsigned char>(byte));
}

bool is_valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    if (c.status == CodePoint::Status::valid) {
      result += text.substr(at, c.length);
    } else {
      append_utf8(kReplacement, result);
    }
    at += c.length;
  }
  return result;
}

}  // namespace attune::text
