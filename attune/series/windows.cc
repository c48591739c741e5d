#include "attune/series/windows.h"

#include <algorithm>

#include "attune/base/error.h"

namespace attune::series {

Windows::Windows(std::span<const Span> spans, Steps part, std::int64_t context, std::int64_t horizon) {
  check(context >= 1 && horizon >= 1, "windows of context {} and horizon {}, expected at least 1 each",
        context, horizon);
  std::int64_t total = 0;
  for (const Span& span : spans) {
    const std::int64_t first = std::max(part.begin, span.first_step + context);
    const std::int64_t last = std::min(part.end, span.end_step()) - horizon;
    first_targets_.push_back(first);
    total += std::max<std::int64_t>(last - first + 1, 0);
    ends_.push_back(total);
    too_short_ += last < first ? 1 : 0;
  }
}

Window Windows::at(std::int64_t index) const {
  check(index >= 0 && index < count(), "window {} of {}", index, count());
  const auto span = static_cast<std::size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
  const std::int64_t before = span == 0 ? 0 : ends_[span - 1];
  return {span, first_targets_[span] + index - before};
}

}  // namespace attune::series
