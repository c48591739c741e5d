// Text of a file in an error message.
#pragma once

#include <string>
#include <string_view>

namespace attune::series {

// No longer than a message should be, and cut between characters.
inline std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return std::string(text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace attune::series
