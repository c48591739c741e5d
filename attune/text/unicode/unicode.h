// Properties of characters, from ICU, as the parts of Hugging Face's tokenizers that ask for them name them.
// For punctuation, marks and control characters HF has the tables of Unicode 8 (its crate
// unicode_categories), for normal forms those of Unicode 9; characters that are younger have none of these
// properties.
#pragma once

#include <string>

namespace attune::text {

bool is_whitespace(char32_t c);       // The property White_Space: \s.
bool is_word(char32_t c);             // \w: letters, marks, decimal digits, connecting punctuation, joiners.
bool is_numeric(char32_t c);          // Category N.
bool is_punctuation(char32_t c);      // Category P and all symbols of ASCII, as BERT has it.
bool is_control(char32_t c);          // Categories Cc, Cf and Co.
bool is_mark(char32_t c);             // Category M, of Unicode 9.
bool is_nonspacing_mark(char32_t c);  // Category Mn.
// The blocks of CJK ideographs, as BERT lists them; Hugging Face's list begins extension E at U+2B920.
bool is_chinese(char32_t c);

// Whether it was in Unicode by that version.
bool is_as_old_as(char32_t c, int version);
inline constexpr int kNormalFormsVersion = 9;

// Appends the character in lower case, by itself: no rule looks at its neighbours.
void append_lowercase(char32_t c, std::u32string& text);

}  // namespace attune::text
