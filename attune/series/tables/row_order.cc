#include "attune/series/tables/row_order.h"

#include <algorithm>
#include <numeric>

namespace attune::series {

RowOrder::RowOrder(const RawTable& table) {
  const std::vector<std::uint32_t>& series = table.series;
  if (series.empty()) {
    begins_ = {0, table.rows()};
    return;
  }
  begins_.assign(table.ids.size() + 1, 0);
  for (const std::uint32_t s : series) ++begins_[s + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  if (std::is_sorted(series.begin(), series.end())) return;
  rows_.resize(series.size());
  std::vector<std::int64_t> next(begins_.begin(), begins_.end() - 1);
  for (std::size_t row = 0; row < series.size(); ++row)
    rows_[static_cast<std::size_t>(next[series[row]]++)] = static_cast<std::uint32_t>(row);
}

void RowOrder::sort_by_time(const std::vector<Time>& times) {
  if (rows_.empty()) {
    rows_.resize(times.size());
    std::iota(rows_.begin(), rows_.end(), 0U);
  }
  for (std::size_t s = 0; s + 1 < begins_.size(); ++s)
    std::stable_sort(rows_.begin() + begins_[s], rows_.begin() + begins_[s + 1],
                     [&](std::uint32_t a, std::uint32_t b) { return times[a] < times[b]; });
}

}  // namespace attune::series
