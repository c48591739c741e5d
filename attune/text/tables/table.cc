#include "attune/text/tables/table.h"

#include <utility>

#include "attune/base/error.h"

namespace attune::text {

Table::Table(std::filesystem::path path, std::vector<std::string> columns)
    : path_(std::move(path)), columns_(std::move(columns)) {}

void Table::append(const TableRow& row) {
  check(row.values.size() == columns_.size(), "a row of {} values for a table of {} columns",
        row.values.size(), columns_.size());
  for (const std::string& value : row.values) {
    text_ += value;
    ends_.push_back(text_.size());
  }
  lines_.push_back(row.line);
}

std::string_view Table::value(std::size_t row, std::size_t column) const {
  const std::size_t index = row * columns_.size() + column;
  const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

std::string Table::where(std::size_t row) const {
  return fmt::format("{}: line {}", path_.string(), lines_[row]);
}

Table read_table(const std::filesystem::path& path, const std::vector<std::string>& columns,
                 const TableOptions& options) {
  const auto reader = open_table(path, columns, options);
  Table table(path, columns);
  for (TableRow row; reader->next(row);) table.append(row);
  check(table.rows() > 0, "{} holds no rows", path.string());
  return table;
}

}  // namespace attune::text
