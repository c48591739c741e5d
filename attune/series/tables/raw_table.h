// All rows of a table as numbers, in the order of the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attune/series/tables/roles.h"

namespace attune::series {

// The line of each row: only where blank lines or line ends within quotation marks come is anything kept.
class LineIndex {
 public:
  void add(std::int64_t row, std::int64_t line) {
    if (jumps_.empty() || line - row != jumps_.back().offset) jumps_.push_back({row, line - row});
  }
  std::int64_t line(std::int64_t row) const;

 private:
  struct Jump {
    std::int64_t row, offset;
  };
  std::vector<Jump> jumps_;
};

// Shapes: R rows, C columns.
struct RawTable {
  std::vector<Time> times;            // (R)
  std::vector<std::uint32_t> series;  // (R): an index into `ids`; empty where there is no id column
  std::vector<std::string> ids;       // in the order of the file
  std::vector<double> values;         // (R, C); NaN where missing
  std::vector<std::string> columns;   // C
  std::size_t targets = 0, past_covariates = 0, future_covariates = 0;
  LineIndex lines;
  std::vector<std::string> text_columns;  // that were left aside, one of which may tell series apart

  std::string zone;                // of the grid: as given, or the one offset that all times have
  bool many_offsets = false;       // the times say several, and no zone was given: they are in UTC
  bool dropped_fractions = false;  // of a second
  TableFormat format;
  std::vector<std::string> notes;

  std::int64_t rows() const { return static_cast<std::int64_t>(times.size()); }
};

// Reads all of the file. Throws Error that names the line for times and numbers that are none, and for days
// and months whose order no value tells.
RawTable read_raw(const std::filesystem::path& path, const Sample& sample, const Roles& roles,
                  const PanelOptions& options);

}  // namespace attune::series
