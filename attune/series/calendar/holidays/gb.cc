// United Kingdom: bank holidays of England and Wales (Banking and Financial Dealings Act 1971), with the
// years in which they were moved. Days given once (royal weddings, jubilees, a coronation, a funeral, 31
// December 1999) are left out: no past tells a model of them, and they tell nothing of the future.
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

Day early_may(int year) {
  if (year == 1995 || year == 2020) return day_of(year, 5, 8);  // 50 and 75 years after the war
  return nth_weekday(year, 5, monday, 1);
}

Day spring(int year) {
  if (year == 2002 || year == 2012) return day_of(year, 6, 4);
  if (year == 1977) return day_of(year, 6, 6);
  if (year == 2022) return day_of(year, 6, 2);
  return year >= 1971 ? last_weekday(year, 5, monday) : easter(year) + 50;  // before, Whit Monday
}

// The next weekday that is not taken.
void add_substituted(std::string_view name, Day day, HolidayDays& days) {
  days.add(name, day);
  if (weekday_of(day) < saturday) return;
  while (weekday_of(day) >= saturday || days.has(day)) ++day;
  days.add(name, day);
}

}  // namespace

void add_gb(int year, HolidayDays& days) {
  const Day sunday = easter(year);
  if (year >= 1974) add_substituted("New Year's Day", day_of(year, 1, 1), days);
  days.add("Good Friday", sunday - 2);
  days.add("Easter Monday", sunday + 1);
  if (year >= 1978) days.add("Early May bank holiday", early_may(year));
  days.add("Spring bank holiday", spring(year));
  days.add("Summer bank holiday",
           year >= 1971 ? last_weekday(year, 8, monday) : nth_weekday(year, 8, monday, 1));
  // Boxing Day first: where Christmas is on a Sunday, Monday is Boxing Day, and Tuesday stands for Christmas.
  const Day christmas = day_of(year, 12, 25);
  const bool boxing_is_monday = weekday_of(christmas) == saturday + 1;
  days.add("Christmas Day", christmas);
  if (boxing_is_monday) days.add("Boxing Day", christmas + 1);
  add_substituted("Christmas Day", christmas, days);
  add_substituted("Boxing Day", christmas + 1, days);
}

}  // namespace attune::series
