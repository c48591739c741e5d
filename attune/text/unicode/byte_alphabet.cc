#include "attune/text/unicode/byte_alphabet.h"

#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr char32_t kAlphabetEnd = 0x100 + 68;

bool stands_for_itself(char32_t byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// The byte of each character, -1 for characters outside the alphabet.
const std::array<std::int16_t, kAlphabetEnd>& alphabet_bytes() {
  static const auto bytes = [] {
    std::array<std::int16_t, kAlphabetEnd> result;
    result.fill(-1);
    for (int byte = 0; byte < 256; ++byte) {
      result[byte_alphabet()[static_cast<std::size_t>(byte)]] = static_cast<std::int16_t>(byte);
    }
    return result;
  }();
  return bytes;
}

}  // namespace

const std::array<char32_t, 256>& byte_alphabet() {
  static const auto alphabet = [] {
    std::array<char32_t, 256> result;
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) result[byte] = stands_for_itself(byte) ? byte : next++;
    return result;
  }();
  return alphabet;
}

std::string bytes_to_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) append_utf8(byte_alphabet()[static_cast<unsigned char>(byte)], text);
  return text;
}

std::optional<std::string> alphabet_to_bytes(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    if (c.value >= kAlphabetEnd || alphabet_bytes()[c.value] < 0) return std::nullopt;
    bytes += static_cast<char>(alphabet_bytes()[c.value]);
    at += c.length;
  }
  return bytes;
}

}  // namespace attune::text
