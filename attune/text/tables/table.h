// A table in memory: columns of a CSV, TSV or JSON lines file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/tables/table_reader.h"

namespace attune::text {

class Table {
 public:
  Table(std::filesystem::path path, std::vector<std::string> columns);

  void append(const TableRow& row);

  std::size_t rows() const { return lines_.size(); }
  const std::vector<std::string>& columns() const { return columns_; }
  // Valid until the next append().
  std::string_view value(std::size_t row, std::size_t column) const;

  // The line of the file that the row begins in, from 1.
  std::int64_t line(std::size_t row) const { return lines_[row]; }
  // "train.csv: line 7": for messages.
  std::string where(std::size_t row) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::string text_;                 // All values, end to end, row by row.
  std::vector<std::uint64_t> ends_;  // Of each value in it.
  std::vector<std::int64_t> lines_;
};

// Reads the columns of the given names, in the order given. Throws as open_table() and TableReader::next(),
// and Error for a file without a row.
Table read_table(const std::filesystem::path& path, const std::vector<std::string>& columns,
                 const TableOptions& options = {});

}  // namespace attune::text
