// UTF-8, as RFC 3629 defines it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attune::text {

struct CodePoint {
  enum class Status : std::uint8_t {
    valid,
    invalid,     // Bytes that can never be a character, whatever follows.
    incomplete,  // The text ends inside a character.
  };
  char32_t value;  // U+FFFD unless valid.
  // Bytes it takes, at least 1. Of what is not valid: the longest part that could have begun a character, so
  // that replacing each by U+FFFD does as the Unicode standard recommends (section 3.9, and as Python and
  // Rust do).
  std::uint8_t length;
  Status status;
};

// The code point at the beginning of `text`, which must not be empty.
CodePoint decode_code_point(std::string_view text);

void append_utf8(char32_t code_point, std::string& text);

// Takes away the byte order mark (U+FEFF) that some editors put at the beginning of a file.
void remove_byte_order_mark(std::string& text);

// For messages: "invalid UTF-8 (byte 0xFF)" and what to do.
std::string invalid_utf8_reason(char byte);

bool is_valid_utf8(std::string_view text);

// The text with U+FFFD in place of what is not valid.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace attune::text
