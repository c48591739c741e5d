// Windows over series: a past to look at and the values that follow it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/series/panel.h"
#include "attune/series/split.h"

namespace attune::series {

struct Window {
  std::size_t span = 0;          // of the panel
  std::int64_t target_step = 0;  // on the grid: the first that is forecast; the past ends before it
};

// Every window whose targets lie in a part of the time and whose past and targets lie in one series. The past
// of the first windows reaches back before the part, as a forecast made on its first day would. Only where
// the windows are is kept, one number a series.
class Windows {
 public:
  // The spans must outlive this. `context` and `horizon` are at least 1.
  Windows(std::span<const Span> spans, Steps part, std::int64_t context, std::int64_t horizon);

  std::int64_t count() const { return ends_.empty() ? 0 : ends_.back(); }
  // The window at a place in [0, count()): series after series, in the order of time.
  Window at(std::int64_t index) const;
  // Series that have no window, being too short.
  std::int64_t too_short() const { return too_short_; }

 private:
  std::vector<std::int64_t> first_targets_, ends_;  // of each span: its first target, windows up to its end
  std::int64_t too_short_ = 0;
};

}  // namespace attune::series
