// Properties of characters, from ICU, as the parts of Hugging Face's tokenizers that ask for them name them.
#pragma once

#include <string>

namespace attune::text {

bool is_whitespace(char32_t c);       // The property White_Space: \s.
bool is_word(char32_t c);             // \w: letters, marks, decimal digits, connecting punctuation, joiners.
bool is_numeric(char32_t c);          // Category N.
bool is_punctuation(char32_t c);      // Category P and all symbols of ASCII, as BERT has it.
bool is_control(char32_t c);          // Categories Cc, Cf and Co.
bool is_mark(char32_t c);             // Category M.
bool is_nonspacing_mark(char32_t c);  // Category Mn.

// Appends the character in lower case, by itself: no rule looks at its neighbours.
void append_lowercase(char32_t c, std::u32string& text);

}  // namespace attune::text
