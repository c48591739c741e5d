// Which characters the installed fonts can draw.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::plot {

class Fonts {
 public:
  // The ranges of characters, first and last, in any order.
  explicit Fonts(std::vector<std::pair<char32_t, char32_t>> ranges) : ranges_(std::move(ranges)) {}

  // What fontconfig knows of; every character counts as drawable where its program fc-list is not installed.
  // Throws Error when there is no font at all.
  static Fonts installed();

  // Characters that are not meant to be seen, such as joiners, need no font.
  bool can_draw(char32_t character) const;

  // The label with "\u4E2D" in place of each character that cannot be drawn; these are added to `missing`,
  // once each.
  std::string drawable(std::string_view label, std::u32string& missing) const;

 private:
  std::vector<std::pair<char32_t, char32_t>> ranges_;
};

// Which Debian packages have fonts for the characters: "fonts-noto-core fonts-wqy-microhei".
std::string font_packages(std::u32string_view characters);

}  // namespace attune::plot
