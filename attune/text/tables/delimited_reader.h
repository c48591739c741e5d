// CSV and TSV (table_reader.h says what they are).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attune/text/corpora/line_reader.h"
#include "attune/text/tables/table_reader.h"

namespace attune::text {

class DelimitedReader : public TableReader {
 public:
  struct Dialect {
    char separator;
    bool quotes;
  };
  // Throws as open_table(). Empty `column_names`: the first line has them.
  DelimitedReader(const std::filesystem::path& path, const std::vector<std::string>& wanted, Dialect dialect,
                  std::vector<std::string> column_names);

  bool next(TableRow& row) override;
  const std::vector<std::string>& columns() const override { return columns_; }
  const std::filesystem::path& path() const override { return lines_.path(); }

 private:
  bool read_record();
  void split();
  std::size_t unquote(std::size_t open);
  void append_line(std::int64_t opened);
  std::string_view text_of(std::size_t field) const;
  std::vector<std::string> read_header();

  // Bytes of `record_`, or of `unquoted_` for a field in quotation marks.
  struct Field {
    std::size_t begin, end;
    bool quoted;
  };

  LineReader lines_;
  Dialect dialect_;
  bool has_header_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> wanted_;  // Their places among the columns.
  std::string record_;               // A row: a line, or several where quotation marks hold line ends.
  std::int64_t first_line_ = 0;      // Of the record.
  std::string unquoted_, line_;
  std::vector<Field> fields_;
};

}  // namespace attune::text
