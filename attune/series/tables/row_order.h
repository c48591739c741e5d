// The rows of a table, series by series and each in the order of time.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/series/tables/raw_table.h"

namespace attune::series {

class RowOrder {
 public:
  // Rows of a series stay in the order of the file; where that is the order of the series too, nothing is
  // kept.
  explicit RowOrder(const RawTable& table);

  std::int64_t series() const { return static_cast<std::int64_t>(begins_.size()) - 1; }
  std::int64_t length(std::int64_t series) const { return begins_[series + 1] - begins_[series]; }
  // The place in the file of a series' row.
  std::int64_t row(std::int64_t series, std::int64_t index) const {
    const std::int64_t place = begins_[series] + index;
    return rows_.empty() ? place : rows_[place];
  }
  bool is_order_of_file() const { return rows_.empty(); }

  // Orders the rows of each series by time; those of the same time stay in the order of the file.
  void sort_by_time(const std::vector<Time>& times);

 private:
  std::vector<std::int64_t> begins_;  // of each series, and the end
  std::vector<std::uint32_t> rows_;
};

}  // namespace attune::series
