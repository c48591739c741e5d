#include "attune/series/calendar/holidays/holiday_file.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/series/tables/shortened.h"
#include "attune/series/time/time_pattern.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/tables/columns.h"

namespace attune::series {
namespace {

constexpr std::size_t most_names = 10'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\"";
  const std::size_t begin = std::min(text.find_first_not_of(spaces), text.size());
  return text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

}  // namespace

HolidayDays read_holiday_file(const std::filesystem::path& path) {
  const TimePattern iso("%Y-%m-%d");
  HolidayDays days;
  bool may_be_header = true;
  text::LineReader reader(path);
  for (std::string line; reader.next(line);) {
    text::expect_text(line, path, reader.line());
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    const std::size_t end = std::min(text.find_first_of(",;\t"), text.size());
    const auto stamp = iso.parse(trimmed(text.substr(0, end)));
    const bool has_digit = text.substr(0, end).find_first_of("0123456789") != std::string_view::npos;
    if (std::exchange(may_be_header, false) && !stamp && !has_digit) continue;
    check(stamp.has_value(),
          "{}: line {} is \"{}\", expected a date, and a name after a comma: 2016-12-25,Christmas",
          path.string(), reader.line(), shortened(text));
    const std::string_view name = trimmed(text.substr(std::min(end + 1, text.size())));
    days.add(name.empty() ? "holiday" : name, day_of_time(stamp->local));
    check(days.names().size() <= most_names, "{}: line {}: more than {} holidays of different names",
          path.string(), reader.line(), most_names);
  }
  check(!days.names().empty(), "{} holds no date: expected one a line, as 2016-12-25,Christmas",
        path.string());
  return days;
}

}  // namespace attune::series
