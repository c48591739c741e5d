#include "attune/series/calendar/holidays/rules.h"

#include <algorithm>

namespace attune::series {

void HolidayDays::add(std::string_view name, Day day) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  const auto number = static_cast<std::int64_t>(found - names_.begin());
  if (found == names_.end()) names_.emplace_back(name);
  numbers_.try_emplace(day, number);
}

Day nth_weekday(int year, unsigned month, Weekday weekday, int n) {
  const Day first = day_of(year, month, 1);
  return first + (weekday - weekday_of(first) + 7) % 7 + 7 * (n - 1);
}

Day last_weekday(int year, unsigned month, Weekday weekday) {
  const Day last = day_of(std::chrono::year(year) / static_cast<int>(month) / std::chrono::last);
  return last - (weekday_of(last) - weekday + 7) % 7;
}

Day easter(int year) {
  const int a = year % 19, b = year / 100, c = year % 100;
  const int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return day_of(year, static_cast<unsigned>(n / 31), static_cast<unsigned>(n % 31 + 1));
}

}  // namespace attune::series
