#include "attune/series/time/find_pattern.h"

#include <fmt/format.h>

#include <algorithm>

namespace attune::series {
namespace {

// The most likely first: of two that fit, the first is taken.
constexpr std::string_view dates[] = {
    "%Y-%m-%d",  "%Y/%m/%d",     "%Y.%m.%d",    "%d.%m.%Y",      "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
    "%m-%d-%Y",  "%d.%m.%y",     "%d/%m/%y",    "%m/%d/%y",      "%d-%m-%y", "%m-%d-%y", "%b %d, %Y",
    "%B %d, %Y", "%b %d %Y",     "%B %d %Y",    "%d %b %Y",      "%d %B %Y", "%d-%b-%Y", "%d-%b-%y",
    "%d. %B %Y", "%a, %d %b %Y", "%a %d %b %Y", "%A, %B %d, %Y",
};
// Where the day is read and where the month is, is all that is different.
constexpr std::pair<std::string_view, std::string_view> swapped[] = {
    {"%d/%m/%Y", "%m/%d/%Y"}, {"%d-%m-%Y", "%m-%d-%Y"}, {"%d/%m/%y", "%m/%d/%y"}, {"%d-%m-%y", "%m-%d-%y"}};
constexpr std::string_view clocks[] = {"%H:%M:%S.%f", "%H:%M:%S", "%H:%M:%S,%f", "%H:%M", "%I:%M:%S %p",
                                       "%I:%M %p", "%I:%M:%S%p",  "%I:%M%p",     "%H"};
constexpr std::string_view zones[] = {"", "%z", " %z"};
constexpr std::string_view periods[] = {"%Y-%m",  "%Y/%m", "%m/%Y", "%YQ%Q", "%Y-Q%Q", "%Y Q%Q", "Q%Q %Y",
                                        "Q%Q-%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y",  "%G-W%V", "%YM%m"};
constexpr std::string_view compact[] = {"%Y%m%dT%H%M%S",   "%Y%m%dT%H%M",  "%Y%m%dT%H%M%S%z",
                                        "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d %H%M%S",
                                        "%Y%m%d %H%M"};

struct NumberFormat {
  std::string_view format;
  std::size_t least, most;  // digits before a point
};
constexpr NumberFormat numbers[] = {{"%Y", 4, 4},         {"%Y%m", 6, 6},         {"%Y%m%d", 8, 8},
                                    {"%Y%m%d%H", 10, 10}, {"%Y%m%d%H%M", 12, 12}, {"%Y%m%d%H%M%S", 14, 14},
                                    {"s", 8, 11},         {"ms", 11, 14},         {"us", 15, 17},
                                    {"ns", 18, 19}};
// Digits that mean years in this range may be dates.
constexpr int first_likely_year = 1600, last_likely_year = 2299;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(text.begin(), text.end(), '.') <= 1;
}

bool fits(const NumberFormat& number, const TimePattern& pattern, const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
    const std::size_t digits = std::min(value.find('.'), value.size());
    if (digits < number.least || digits > number.most) return false;
    const auto stamp = pattern.parse(value);
    if (!stamp) return false;
    const int year = static_cast<int>(date_of(day_of_time(stamp->local)).year());
    return year >= first_likely_year && year <= last_likely_year;
  });
}

bool fits(const TimePattern& pattern, const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](const std::string& value) { return pattern.parse(value).has_value(); });
}

// All formats of text, the most likely first.
std::vector<TimePattern> text_patterns() {
  std::vector<TimePattern> patterns;
  for (const std::string_view date : dates) {
    patterns.emplace_back(std::string(date));
    for (const char between : {' ', 'T'}) {
      for (const std::string_view clock : clocks) {
        for (const std::string_view zone : zones)
          patterns.emplace_back(fmt::format("{}{}{}{}", date, between, clock, zone));
      }
    }
  }
  for (const std::string_view format : periods) patterns.emplace_back(std::string(format));
  for (const std::string_view format : compact) patterns.emplace_back(std::string(format));
  return patterns;
}

std::string replaced(std::string format, std::string_view from, std::string_view to) {
  if (const std::size_t at = format.find(from); at != std::string::npos) format.replace(at, from.size(), to);
  return format;
}

std::size_t count_reproduced(const std::string& format, const std::vector<std::string>& values) {
  const TimePattern pattern(format);
  const std::size_t stride = values.size() / 100 + 1;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const auto stamp = pattern.parse(values[i]);
    count += stamp && pattern.write(stamp->local, stamp->offset.value_or(0)) == values[i] ? 1 : 0;
  }
  return count;
}

// As the values write it: with Z or a colon in the offset, as many digits of a fraction, no leading zeros.
std::string as_written(const std::string& format, const std::vector<std::string>& values) {
  std::vector<std::string> ways{format};
  const auto vary = [&](std::string_view from, std::initializer_list<std::string_view> to) {
    const std::vector<std::string> before = ways;
    for (const std::string& way : before) {
      if (way.find(from) == std::string::npos) continue;
      for (const std::string_view text : to) ways.push_back(replaced(way, from, text));
    }
  };
  vary("%z", {"%:z", "Z", "%Z"});
  vary("%f", {"%1f", "%2f", "%3f", "%4f", "%5f", "%7f", "%9f"});
  const std::vector<std::string> padded = ways;
  for (const std::string& way : padded) ways.push_back(replaced(replaced(way, "%m", "%-m"), "%d", "%-d"));
  const std::vector<std::string> padded_hours = ways;
  for (const std::string& way : padded_hours)
    ways.push_back(replaced(replaced(way, "%H", "%-H"), "%I", "%-I"));

  std::size_t most = 0, best = 0;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::size_t count = count_reproduced(ways[i], values);
    if (count > most) most = count, best = i;
  }
  return ways[best];
}

// The same with day and month changed over, where it has both as numbers and their order is not certain.
std::optional<TimePattern> day_and_month_swapped(const std::string& format,
                                                 const std::vector<std::string>& values) {
  for (const auto& [day_first, month_first] : swapped) {
    for (const auto& [is, other] : {std::pair(day_first, month_first), std::pair(month_first, day_first)}) {
      if (!format.starts_with(is)) continue;
      const TimePattern pattern(replaced(format, is, other));
      return fits(pattern, values) ? std::optional(pattern) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FoundPattern> find_pattern(const std::vector<std::string>& values, bool may_be_number) {
  if (values.empty()) return std::nullopt;
  if (is_number(values.front())) {
    if (!may_be_number) return std::nullopt;
    for (const NumberFormat& number : numbers) {
      const TimePattern pattern{std::string(number.format)};
      if (fits(number, pattern, values)) return FoundPattern{pattern, std::nullopt};
    }
    // 2016.07.01 is no number, 2016.07 is.
    return std::nullopt;
  }
  static const std::vector<TimePattern> patterns = text_patterns();
  for (const TimePattern& pattern : patterns) {
    if (!fits(pattern, values)) continue;
    const std::string& format = pattern.format();
    const auto other = day_and_month_swapped(format, values);
    const std::string written = as_written(format, values);
    if (!other) return FoundPattern{TimePattern(written), std::nullopt};
    return FoundPattern{TimePattern(written), TimePattern(as_written(other->format(), values))};
  }
  return std::nullopt;
}

}  // namespace attune::series
