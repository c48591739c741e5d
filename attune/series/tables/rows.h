// The rows of a table of series, by the places of its columns: names may be empty, as pandas leaves that of
// its index.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/text/tables/table_reader.h"

namespace attune::series {

class Rows {
 public:
  // All columns, or those at `places`. Throws as text::open_table().
  Rows(const std::filesystem::path& path, char separator);
  Rows(const std::filesystem::path& path, char separator, const std::vector<std::size_t>& places);

  // Throws as text::TableReader::next().
  bool next() { return reader_->next(row_); }
  const std::vector<std::string>& row() const { return row_.values; }
  std::int64_t line() const { return row_.line; }
  // As the header has them.
  const std::vector<std::string>& columns() const { return columns_; }

 private:
  std::vector<std::string> columns_;
  std::unique_ptr<text::TableReader> reader_;
  text::TableRow row_;
};

}  // namespace attune::series
