// Lower case by the Unicode standard (section 3.13) without a language's own rules, as Python's str.lower: a
// letter may become two (U+0130), and a capital sigma at the end of a word becomes U+03C2.
#pragma once

#include <string>
#include <string_view>

namespace attune::text {

// Bytes that are not UTF-8 stay as they are.
std::string lowercase(std::string_view text);

}  // namespace attune::text
