// Holidays by rules: a function a country, that says the holidays of a year.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attune/series/time/civil.h"

namespace attune::series {

// Collects days of holidays by their names. The first holiday on a day keeps it.
class HolidayDays {
 public:
  void add(std::string_view name, Day day);
  bool has(Day day) const { return numbers_.contains(day); }

  const std::vector<std::string>& names() const { return names_; }
  const std::unordered_map<Day, std::int64_t>& numbers() const {
    return numbers_;
  }  // of a day: its name's place

 private:
  std::vector<std::string> names_;
  std::unordered_map<Day, std::int64_t> numbers_;
};

enum Weekday : std::int64_t { monday, tuesday, wednesday, thursday, friday, saturday, sunday };

// The n-th such weekday of a month, from 1; the last one.
Day nth_weekday(int year, unsigned month, Weekday weekday, int n);
Day last_weekday(int year, unsigned month, Weekday weekday);

// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8).
Day easter(int year);

// For years 1900 to 2100, in the order of years. What they leave out is said where they are.
void add_us(int year, HolidayDays& days);
void add_cn(int year, HolidayDays& days);
void add_de(int year, HolidayDays& days);
void add_gb(int year, HolidayDays& days);
void add_fr(int year, HolidayDays& days);
void add_jp(int year, HolidayDays& days);

}  // namespace attune::series
