// Tables of text, row by row, with columns by name: CSV, TSV and JSON lines, plain or compressed by gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

enum class TableFormat : std::uint8_t {
  // RFC 4180: fields between separators; one that stands in quotation marks may hold separators, line ends,
  // and quotation marks, doubled. Elsewhere than at the beginning of a field a quotation mark is text.
  csv,
  // IANA's text/tab-separated-values, and what GLUE's files are: fields between tabs, no quotation, so that a
  // quotation mark is text. Files whose fields are quoted all the same are CSV with the separator '\t'.
  tsv,
  // A JSON object a line (https://jsonlines.org). Values are strings, numbers, true or false; what the
  // columns
  // asked for do not name may be anything.
  json_lines,
};

struct TableOptions {
  // As the name says where there is none: .csv; .tsv, .tab; .jsonl, .ndjson, .json; each also with .gz.
  std::optional<TableFormat> format = {};
  // Of CSV, one byte of ASCII; a comma where there is none.
  std::optional<char> separator = {};
  // Of CSV and TSV: names for a file that begins with its first row. Empty: its first line is the header.
  std::vector<std::string> column_names = {};
};

struct TableRow {
  std::vector<std::string> values;  // Of the columns asked for, in the order asked for.
  std::int64_t line = 0;            // That the row begins in, from 1.
};

// What all formats have in common: a file, its columns, its rows.
class TableReader {
 public:
  virtual ~TableReader() = default;

  // The next row; false at the end. Blank lines are no rows. Throws Error that names file and line for
  // invalid UTF-8, another number of columns than in the header, a missing or doubled name in JSON, values
  // that are no text (null, lists, objects) or are strings in one row and none in another, quotation that is
  // not closed, and for damaged compressed data.
  virtual bool next(TableRow& row) = 0;

  // All columns of the file, in its order; of JSON lines the names of the first row.
  virtual const std::vector<std::string>& columns() const = 0;
  virtual const std::filesystem::path& path() const = 0;
};

// Whether the name of a file tells the format of a table, as table.csv.gz does.
bool is_table_name(const std::filesystem::path& path);

// Opens a table to read the columns of the given names. Throws Error for a file that cannot be read or has
// neither header nor row, for duplicate names in the header, and for names that are not there, with those
// that are; UsageError for options that make no sense and names of files that do not tell the format.
std::unique_ptr<TableReader> open_table(const std::filesystem::path& path,
                                        const std::vector<std::string>& columns,
                                        const TableOptions& options = {});

}  // namespace attune::text
