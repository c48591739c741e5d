// JSON lines (table_reader.h says what they are).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attune/text/corpora/line_reader.h"
#include "attune/text/tables/table_reader.h"

namespace attune::text {

class JsonLinesReader : public TableReader {
 public:
  // Throws as open_table().
  JsonLinesReader(const std::filesystem::path& path, const std::vector<std::string>& wanted);
  ~JsonLinesReader() override;

  bool next(TableRow& row) override;
  const std::vector<std::string>& columns() const override { return columns_; }
  const std::filesystem::path& path() const override { return lines_.path(); }

 private:
  bool read_line();
  void take_values(TableRow& row);
  std::string where() const;

  struct Parser;  // simdjson's
  LineReader lines_;
  std::unique_ptr<Parser> parser_;
  std::vector<std::string> wanted_, columns_;
  std::vector<bool> is_text_;    // Of each column: whether its values are strings; of the first row.
  std::int64_t first_line_ = 0;  // Where that row is.
  std::string line_;
  bool holds_first_ = true;  // The first row was read for its names.
};

}  // namespace attune::text
