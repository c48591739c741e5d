#include "attune/series/tables/rows.h"

#include <algorithm>
#include <numeric>

#include "attune/base/error.h"

namespace attune::series {
namespace {

text::TableOptions options(char separator) {
  return {.format = text::TableFormat::csv, .separator = separator, .column_names = {}};
}

std::vector<std::string> header(const std::filesystem::path& path, char separator) {
  return text::open_table(path, {}, options(separator))->columns();
}

}  // namespace

Rows::Rows(const std::filesystem::path& path, char separator) : Rows(path, separator, {}) {}

Rows::Rows(const std::filesystem::path& path, char separator, const std::vector<std::size_t>& places)
    : columns_(header(path, separator)) {
  std::vector<std::size_t> all(columns_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::string> wanted;
  for (const std::size_t place : places.empty() ? all : places) wanted.push_back(columns_[place]);
  if (std::find(wanted.begin(), wanted.end(), "") == wanted.end()) {
    reader_ = text::open_table(path, wanted, options(separator));
    return;
  }
  // The reader finds columns by their names, so those without get one, and the header is the first row.
  text::TableOptions named = options(separator);
  named.column_names = columns_;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].empty()) named.column_names[i] = fmt::format("column {} (without a name)", i + 1);
  }
  wanted.clear();
  for (const std::size_t place : places.empty() ? all : places) wanted.push_back(named.column_names[place]);
  reader_ = text::open_table(path, wanted, named);
  reader_->next(row_);
}

}  // namespace attune::series
