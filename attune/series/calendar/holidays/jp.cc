// Japan: the Act on National Holidays (1948) with its changes.
#include <cmath>

#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

// Days of the equinoxes, by the usual formulas from the Hydrographic Department's ephemeris.
Day equinox(int year, unsigned month, double before_1980, double before_2100, double after) {
  const double start = year < 1980 ? before_1980 : year < 2100 ? before_2100 : after;
  const int leap_years = year < 1980 ? (year - 1983) / 4 : (year - 1980) / 4;
  return day_of(year, month, static_cast<unsigned>(start + 0.242194 * (year - 1980) - leap_years));
}
Day vernal_equinox(int year) { return equinox(year, 3, 20.8357, 20.8431, 21.8510); }
Day autumnal_equinox(int year) { return equinox(year, 9, 23.2588, 23.2488, 24.2488); }

// Those that were moved for the Olympic Games.
Day marine_day(int year) {
  if (year == 2020) return day_of(year, 7, 23);
  if (year == 2021) return day_of(year, 7, 22);
  return year >= 2003 ? nth_weekday(year, 7, monday, 3) : day_of(year, 7, 20);
}
Day mountain_day(int year) { return day_of(year, 8, year == 2020 ? 10 : year == 2021 ? 8 : 11); }
Day sports_day(int year) {
  if (year == 2020) return day_of(year, 7, 24);
  if (year == 2021) return day_of(year, 7, 23);
  return year >= 2000 ? nth_weekday(year, 10, monday, 2) : day_of(year, 10, 10);
}

void add_emperor(int year, HolidayDays& days) {
  if (year >= 1949 && year <= 1988) days.add("Emperor's Birthday", day_of(year, 4, 29));
  if (year >= 1989 && year <= 2018) days.add("Emperor's Birthday", day_of(year, 12, 23));
  if (year >= 2020) days.add("Emperor's Birthday", day_of(year, 2, 23));
  constexpr std::chrono::year_month_day ceremonies[] = {
      std::chrono::year(1959) / 4 / 10, std::chrono::year(1989) / 2 / 24, std::chrono::year(1990) / 11 / 12,
      std::chrono::year(1993) / 6 / 9,  std::chrono::year(2019) / 5 / 1,  std::chrono::year(2019) / 10 / 22};
  for (const auto& date : ceremonies) {
    if (static_cast<int>(date.year()) == year) days.add("Imperial ceremony", day_of(date));
  }
}

void add_named(int year, HolidayDays& days) {
  if (year >= 1949) days.add("New Year's Day", day_of(year, 1, 1));
  if (year >= 1949)
    days.add("Coming of Age Day", year >= 2000 ? nth_weekday(year, 1, monday, 2) : day_of(year, 1, 15));
  if (year >= 1967) days.add("National Foundation Day", day_of(year, 2, 11));
  if (year >= 1949) days.add("Vernal Equinox Day", vernal_equinox(year));
  if (year >= 2007) days.add("Showa Day", day_of(year, 4, 29));
  if (year >= 1949) days.add("Constitution Day", day_of(year, 5, 3));
  if (year >= 1989) days.add("Greenery Day", year >= 2007 ? day_of(year, 5, 4) : day_of(year, 4, 29));
  if (year >= 1949) days.add("Children's Day", day_of(year, 5, 5));
  if (year >= 1996) days.add("Marine Day", marine_day(year));
  if (year >= 2016) days.add("Mountain Day", mountain_day(year));
  if (year >= 1966)
    days.add("Respect for the Aged Day",
             year >= 2003 ? nth_weekday(year, 9, monday, 3) : day_of(year, 9, 15));
  days.add("Autumnal Equinox Day", autumnal_equinox(year));
  if (year >= 1966) days.add("Sports Day", sports_day(year));
  days.add("Culture Day", day_of(year, 11, 3));
  days.add("Labor Thanksgiving Day", day_of(year, 11, 23));
  add_emperor(year, days);
}

}  // namespace

void add_jp(int year, HolidayDays& days) {
  if (year < 1948) return;
  HolidayDays named;
  add_named(year, named);
  add_named(year, days);
  const Day end = day_of(year + 1, 1, 1);
  for (Day day = day_of(year, 1, 1); day < end; ++day) {
    // Sundays since April 1973: the next day that is none; up to 2006 only Monday could be.
    if (named.has(day) && weekday_of(day) == sunday && day >= day_of(1973, 4, 12)) {
      Day next = day + 1;
      while (year >= 2007 && named.has(next)) ++next;
      if (!named.has(next)) days.add("Substitute holiday", next);
    }
    // A day between two holidays, since December 1985.
    const bool is_between = named.has(day - 1) && named.has(day + 1) && !named.has(day);
    if (is_between && year >= 1986 && weekday_of(day) != sunday && !days.has(day))
      days.add("Citizens' holiday", day);
  }
}

}  // namespace attune::series
