// United States: the federal holidays (5 U.S.C. 6103, and the acts before it).
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

// On a Saturday it is also kept on Friday, on a Sunday on Monday.
void add_observed(std::string_view name, Day day, HolidayDays& days) {
  days.add(name, day);
  if (weekday_of(day) == saturday) days.add(name, day - 1);
  if (weekday_of(day) == sunday) days.add(name, day + 1);
}

Day veterans_day(int year) {
  return year >= 1971 && year <= 1977 ? nth_weekday(year, 10, monday, 4) : day_of(year, 11, 11);
}

Day thanksgiving(int year) {
  if (year >= 1942) return nth_weekday(year, 11, thursday, 4);
  const Day last = last_weekday(year, 11, thursday);
  return year >= 1939 ? last - 7 : last;  // one week earlier for three years
}

}  // namespace

void add_us(int year, HolidayDays& days) {
  const bool on_mondays = year >= 1971;  // Uniform Monday Holiday Act
  add_observed("New Year's Day", day_of(year, 1, 1), days);
  if (year >= 1986) days.add("Martin Luther King Jr. Day", nth_weekday(year, 1, monday, 3));
  if (on_mondays)
    days.add("Washington's Birthday", nth_weekday(year, 2, monday, 3));
  else
    add_observed("Washington's Birthday", day_of(year, 2, 22), days);
  if (on_mondays)
    days.add("Memorial Day", last_weekday(year, 5, monday));
  else
    add_observed("Memorial Day", day_of(year, 5, 30), days);
  if (year >= 2021) add_observed("Juneteenth", day_of(year, 6, 19), days);
  add_observed("Independence Day", day_of(year, 7, 4), days);
  days.add("Labor Day", nth_weekday(year, 9, monday, 1));
  if (on_mondays)
    days.add("Columbus Day", nth_weekday(year, 10, monday, 2));
  else if (year >= 1937)
    add_observed("Columbus Day", day_of(year, 10, 12), days);
  if (year >= 1938) add_observed("Veterans Day", veterans_day(year), days);
  days.add("Thanksgiving", thanksgiving(year));
  add_observed("Christmas Day", day_of(year, 12, 25), days);
}

}  // namespace attune::series
