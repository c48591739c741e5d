// Seconds and days as dates of the (proleptic Gregorian) calendar, by std::chrono.
#pragma once

#include <chrono>
#include <cstdint>

#include "attune/series/time/zone.h"

namespace attune::series {

// A day of the civil calendar: days since 1970-01-01.
using Day = std::int64_t;

constexpr std::int64_t seconds_a_day = 86400;
constexpr int first_year = 1, last_year = 9999;  // that files may write

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b < 0 ? 1 : 0);  // of b > 0
}

constexpr Day day_of(std::chrono::year_month_day date) {
  return std::chrono::sys_days(date).time_since_epoch().count();
}
constexpr Day day_of(int year, unsigned month, unsigned day) {
  return day_of(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
}
constexpr Time first_time = day_of(first_year, 1, 1) * seconds_a_day;
constexpr Time last_time = (day_of(last_year, 12, 31) + 1) * seconds_a_day - 1;

constexpr std::chrono::year_month_day date_of(Day day) {
  return std::chrono::sys_days(std::chrono::days(day));
}

constexpr Day day_of_time(Time local) { return floor_divide(local, seconds_a_day); }
constexpr std::int64_t second_of_day(Time local) { return local - day_of_time(local) * seconds_a_day; }

// Monday is 0.
constexpr std::int64_t weekday_of(Day day) {
  const std::int64_t since = (day + 3) % 7;  // 1970-01-01 was a Thursday
  return since < 0 ? since + 7 : since;
}

// Of whole months since the year 0.
constexpr std::int64_t month_number(std::chrono::year_month_day date) {
  return static_cast<int>(date.year()) * std::int64_t{12} + static_cast<unsigned>(date.month()) - 1;
}
constexpr unsigned days_in_month(std::chrono::year_month_day date) {
  return static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
}
constexpr bool is_last_of_month(std::chrono::year_month_day date) {
  return static_cast<unsigned>(date.day()) == days_in_month(date);
}

}  // namespace attune::series
