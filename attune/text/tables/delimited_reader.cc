#include "attune/text/tables/delimited_reader.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/tables/columns.h"

namespace attune::text {
namespace {

constexpr char kQuote = '"';
constexpr std::size_t kMostColumns = 100'000;  // A line of nothing but separators is no row.

}  // namespace

DelimitedReader::DelimitedReader(const std::filesystem::path& path, const std::vector<std::string>& wanted,
                                 Dialect dialect, std::vector<std::string> column_names)
    : lines_(path), dialect_(dialect), has_header_(column_names.empty()) {
  columns_ = has_header_ ? read_header() : std::move(column_names);
  expect_unique(path, lines_.line(), columns_);
  wanted_ = find_columns(path, columns_, wanted,
                         has_header_ ? "; if the file has no header, give the names of its columns" : "");
}

std::vector<std::string> DelimitedReader::read_header() {
  check(read_record(), "{} is empty, expected a header with the names of the columns", path().string());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < fields_.size(); ++i) names.emplace_back(text_of(i));
  return names;
}

bool DelimitedReader::next(TableRow& row) {
  if (!read_record()) return false;
  if (fields_.size() != columns_.size()) {
    const bool may_be_quoted = !dialect_.quotes && record_.find(kQuote) != std::string::npos;
    fail("{}: line {} has {} columns, expected {}, as {} has{}", path().string(), first_line_, fields_.size(),
         columns_.size(), has_header_ ? "the header" : "the list of their names",
         may_be_quoted ? "; TSV has no quotation marks: if this file's are, read it as CSV separated by tabs"
                       : "");
  }
  row.line = first_line_;
  row.values.resize(wanted_.size());
  for (std::size_t i = 0; i < wanted_.size(); ++i) row.values[i].assign(text_of(wanted_[i]));
  return true;
}

bool DelimitedReader::read_record() {
  do {
    if (!lines_.next(record_)) return false;
  } while (record_.empty());
  first_line_ = lines_.line();
  expect_text(record_, path(), first_line_);
  split();
  return true;
}

std::string_view DelimitedReader::text_of(std::size_t field) const {
  const auto [begin, end, quoted] = fields_[field];
  return std::string_view(quoted ? unquoted_ : record_).substr(begin, end - begin);
}

void DelimitedReader::split() {
  fields_.clear();
  unquoted_.clear();
  for (std::size_t at = 0;; ++at) {  // At the beginning of a field, after a separator.
    if (dialect_.quotes && at < record_.size() && record_[at] == kQuote) {
      const std::size_t begin = unquoted_.size();
      at = unquote(at);
      fields_.push_back({begin, unquoted_.size(), true});
    } else {
      const std::size_t end = std::min(record_.find(dialect_.separator, at), record_.size());
      fields_.push_back({at, end, false});
      at = end;
    }
    if (at == record_.size()) return;
    check(fields_.size() < kMostColumns, "{}: line {} has more than {} columns", path().string(), first_line_,
          kMostColumns);
  }
}

// Appends the field that opens its quotation marks at `open` to `unquoted_`, and reads on where it goes over
// line ends. Returns where the field ends in the record: at a separator, or at the record's end.
std::size_t DelimitedReader::unquote(std::size_t open) {
  const std::int64_t opened = lines_.line();
  for (std::size_t at = open + 1;;) {
    const std::size_t quote = record_.find(kQuote, at);
    if (quote == std::string::npos) {
      unquoted_.append(record_, at);
      at = record_.size();
      append_line(opened);
      continue;
    }
    unquoted_.append(record_, at, quote - at);
    at = quote + 1;
    if (at == record_.size() || record_[at] == dialect_.separator) return at;
    check(record_[at] == kQuote,
          "{}: line {}: text follows the quotation mark that closes the field opened on line {}: expected a "
          "separator; quotation marks inside of a field are doubled",
          path().string(), lines_.line(), opened);
    unquoted_ += kQuote;
    ++at;
  }
}

// The record goes on in the next line, as quotation marks opened on line `opened` are not closed yet.
void DelimitedReader::append_line(std::int64_t opened) {
  record_ += lines_.line_end();
  check(lines_.next(line_), "{}: line {}: a quotation mark opens a field, and none closes it",
        path().string(), opened);
  check(record_.size() + line_.size() <= LineReader::kLongestLine,
        "{}: line {}: a quotation mark opens a field, and none closes it for {} MiB", path().string(), opened,
        LineReader::kLongestLine >> 20);
  expect_text(line_, path(), lines_.line());
  record_ += line_;
}

}  // namespace attune::text
