#include "attune/series/tables/sample.h"

#include <algorithm>

#include "attune/base/error.h"
#include "attune/series/tables/number_reader.h"
#include "attune/series/tables/rows.h"
#include "attune/series/time/find_pattern.h"
#include "attune/text/corpora/line_reader.h"

namespace attune::series {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t sample_rows = 1000, sniffed_lines = 20;
constexpr std::size_t sample_bytes = std::size_t{1} << 24;  // of wide tables fewer rows
constexpr std::string_view separators = "\t;|,";

// Fields outside of quotation marks.
std::size_t count_fields(std::string_view line, char separator) {
  std::size_t count = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) ++count;
  }
  return count;
}

// The separator that divides most lines as it divides the first, into the most fields.
char find_separator(const fs::path& path) {
  text::LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < sniffed_lines && reader.next(line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) return ',';
  char best = ',';
  std::pair<std::size_t, std::size_t> best_score{0, 1};
  for (const char separator : separators) {
    const std::size_t fields = count_fields(lines[0], separator);
    if (fields < 2) continue;
    const auto alike =
        static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
          return count_fields(line, separator) == fields;
        }));
    const std::pair score{alike, fields};
    if (score > best_score) best_score = score, best = separator;
  }
  return best;
}

void expect_header(const fs::path& path, const std::vector<std::string>& columns) {
  // Only the first name: a wide table may name its columns by anything.
  const std::string& name = columns.front();
  if (name.find_first_of("-/:.") == std::string::npos || !find_pattern({name}, /*may_be_number=*/false))
    return;
  fail(
      "{}: line 1 holds the time \"{}\" and no names: expected a header that names the columns, as "
      "\"date,load\"",
      path.string(), name);
}

}  // namespace

std::vector<std::string> Sample::values(std::size_t column) const {
  std::vector<std::string> found;
  for (const std::vector<std::string>& row : rows) {
    double number = 0;
    if (NumberReader(separator).read(row[column], number) != Cell::missing) found.push_back(row[column]);
  }
  return found;
}

Sample read_sample(const fs::path& path) {
  check(!fs::is_fifo(path), "{} is a pipe, and a table is read twice: write it to a file", path.string());
  Sample sample;
  sample.separator = find_separator(path);
  Rows rows(path, sample.separator);
  sample.columns = rows.columns();
  expect_header(path, sample.columns);
  std::size_t bytes = 0;
  while (sample.rows.size() < sample_rows && bytes < sample_bytes && rows.next()) {
    sample.rows.push_back(rows.row());
    sample.lines.push_back(rows.line());
    for (const std::string& value : rows.row()) bytes += value.size() + 1;
  }
  check(!sample.rows.empty(), "{} has a header but no row", path.string());
  if (path.extension() != ".gz") {
    const std::size_t row_bytes = std::max<std::size_t>(bytes / sample.rows.size(), 1);
    sample.estimated_rows = static_cast<std::int64_t>(fs::file_size(path) / row_bytes * 21 / 20 + 16);
  }
  return sample;
}

}  // namespace attune::series
