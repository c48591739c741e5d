// Germany: the holidays of the whole country, without those of single states.
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

// Prayer and repentance: the Wednesday before November 23.
Day repentance_day(int year) {
  const Day end = day_of(year, 11, 22);
  return end - (weekday_of(end) - wednesday + 7) % 7;
}

}  // namespace

void add_de(int year, HolidayDays& days) {
  const Day sunday = easter(year);
  days.add("Neujahr", day_of(year, 1, 1));
  days.add("Karfreitag", sunday - 2);
  days.add("Ostermontag", sunday + 1);
  days.add("Erster Mai", day_of(year, 5, 1));
  days.add("Christi Himmelfahrt", sunday + 39);
  days.add("Pfingstmontag", sunday + 50);
  days.add("Tag der Deutschen Einheit", year >= 1990 ? day_of(year, 10, 3) : day_of(year, 6, 17));
  if (year == 2017) days.add("Reformationstag", day_of(year, 10, 31));  // its 500th, everywhere
  if (year <= 1994) days.add("Buß- und Bettag", repentance_day(year));
  days.add("Erster Weihnachtstag", day_of(year, 12, 25));
  days.add("Zweiter Weihnachtstag", day_of(year, 12, 26));
}

}  // namespace attune::series
