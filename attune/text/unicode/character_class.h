// The classes of characters that GPT-2's pre-tokeniser tells apart: \p{L}, \p{N}, \s and the rest. They are
// read from Oniguruma, the regular expressions of Hugging Face's tokenizers, so that both agree.
#pragma once

#include <cstdint>

namespace attune::text {

enum class CharacterClass : std::uint8_t { other, letter, number, space };

// One class for every code point, 0 to 0x10FFFF.
const CharacterClass* character_classes();

}  // namespace attune::text
