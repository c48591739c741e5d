#include "attune/text/tables/table_reader.h"

#include <utility>

#include "attune/base/error.h"
#include "attune/text/tables/delimited_reader.h"
#include "attune/text/tables/json_lines_reader.h"

namespace attune::text {
namespace {

constexpr std::pair<std::string_view, TableFormat> kExtensions[] = {
    {".csv", TableFormat::csv},           {".tsv", TableFormat::tsv},
    {".tab", TableFormat::tsv},           {".jsonl", TableFormat::json_lines},
    {".ndjson", TableFormat::json_lines}, {".json", TableFormat::json_lines},
};

std::optional<TableFormat> told_format(const std::filesystem::path& path) {
  const std::filesystem::path name = path.extension() == ".gz" ? path.stem() : path;
  for (const auto& [extension, format] : kExtensions) {
    if (name.extension() == extension) return format;
  }
  return std::nullopt;
}

TableFormat format_of(const std::filesystem::path& path) {
  if (const auto format = told_format(path)) return *format;
  fail_usage("{}: the name does not tell the format: expected .csv, .tsv or .jsonl (each also with .gz)",
             path.string());
}

char separator_of(const TableOptions& options, TableFormat format) {
  if (!options.separator) return format == TableFormat::tsv ? '\t' : ',';
  const char separator = *options.separator;
  if (format != TableFormat::csv && !(format == TableFormat::tsv && separator == '\t'))
    fail_usage("a separator is of CSV only: TSV has tabs, JSON lines have none");
  const bool printable = separator >= ' ' && separator <= '~';
  if (separator != '\t' && (!printable || separator == '"'))
    fail_usage(
        "the separator of CSV is the byte 0x{:02X}, expected a tab or a printable character of ASCII but \"",
        static_cast<unsigned char>(separator));
  return separator;
}

}  // namespace

bool is_table_name(const std::filesystem::path& path) { return told_format(path).has_value(); }

std::unique_ptr<TableReader> open_table(const std::filesystem::path& path,
                                        const std::vector<std::string>& columns,
                                        const TableOptions& options) {
  const TableFormat format = options.format ? *options.format : format_of(path);
  const char separator = separator_of(options, format);
  if (format == TableFormat::json_lines) {
    if (!options.column_names.empty())
      fail_usage("{}: JSON lines name their columns themselves: give no names for them", path.string());
    return std::make_unique<JsonLinesReader>(path, columns);
  }
  const DelimitedReader::Dialect dialect{separator, format == TableFormat::csv};
  return std::make_unique<DelimitedReader>(path, columns, dialect, options.column_names);
}

}  // namespace attune::text
