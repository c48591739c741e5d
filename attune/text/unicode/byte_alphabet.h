// GPT-2's alphabet for bytes: in its files every byte of a token is written as one printable character, so
// that vocabularies of arbitrary bytes are valid JSON. Printable Latin-1 bytes stand for themselves; the
// other 68 become U+0100 and up, in order (space is U+0120, "Ġ"). Radford et al. 2019, bytes_to_unicode in
// encoder.py.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attune::text {

// The character that stands for each byte.
const std::array<char32_t, 256>& byte_alphabet();

// Bytes as characters of the alphabet, in UTF-8.
std::string bytes_to_alphabet(std::string_view bytes);

// The way back; nothing when `text` has a character outside the alphabet.
std::optional<std::string> alphabet_to_bytes(std::string_view text);

}  // namespace attune::text
