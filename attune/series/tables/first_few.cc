#include "attune/series/tables/first_few.h"

#include <fmt/format.h>

namespace attune::series {

std::string FirstFew::text() const {
  const auto more = count_ - static_cast<std::int64_t>(lines_.size());
  std::string text = count_ == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const bool is_last = i + 1 == lines_.size() && more == 0;
    text += fmt::format("{}{}", i == 0 ? "" : is_last ? " and " : ", ", lines_[i]);
  }
  if (more > 0) text += fmt::format(" and {} more", more);
  return text;
}

}  // namespace attune::series
