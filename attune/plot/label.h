// Labels of any text: what they look like in a picture, and how much room they take.
#pragma once

#include <string>
#include <string_view>

namespace attune::plot {

// The text with everything in it visible: spaces as "␣", control and format characters as "\n", "\t" or
// "\u200F", bytes that are no UTF-8 as "<0xE4>", a combining mark that stands alone on a dotted circle.
// Longer texts than `max_characters` end in "…". An empty text is "∅".
std::string visible_label(std::string_view text, std::size_t max_characters = 24);

// A character as an escape of ASCII: "\u4E2D", or "\U0001F642" beyond U+FFFF.
std::string escaped(char32_t character);

// About how wide a label of visible_label() is in a sans-serif font of `size` pixels; rather more than less.
double label_width(std::string_view label, double size);

// The text as a string of a gnuplot script, where nothing in it has a meaning. It must not have control
// characters.
std::string gnuplot_string(std::string_view text);

}  // namespace attune::plot
