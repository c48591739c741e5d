// China: the statutory holidays (State Council, 1949, with the changes of 1999, 2007, 2013 and 2024). The
// days off instead of weekends, announced each year, follow no rule and are left out.
#include <unicode/calendar.h>

#include <memory>

#include "attune/base/error.h"
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

// The day of a date in the Chinese year that begins in a Gregorian year.
Day lunar_day(int year, int month, int day) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::Calendar> calendar(icu::Calendar::createInstance(
      icu::TimeZone::getGMT()->clone(), icu::Locale("zh@calendar=chinese"), status));
  check(U_SUCCESS(status) && calendar != nullptr, "the Chinese calendar of ICU is missing ({})",
        u_errorName(status));
  constexpr int years_before = 2637;  // ICU counts Chinese years from 2637 BC
  calendar->clear();
  calendar->set(UCAL_EXTENDED_YEAR, year + years_before);
  calendar->set(UCAL_MONTH, month - 1);
  calendar->set(UCAL_IS_LEAP_MONTH, 0);
  calendar->set(UCAL_DATE, day);
  const UDate time = calendar->getTime(status);
  check(U_SUCCESS(status), "the Chinese calendar of ICU has no year {} ({})", year, u_errorName(status));
  return floor_divide(static_cast<Time>(time / 1000), seconds_a_day);
}

// ICU misses the first new moons of three years, which are within minutes of midnight in Beijing (against the
// Hong Kong Observatory's tables, 1950 to 2099).
Day new_year(int year) {
  const Day by_icu = lunar_day(year, 1, 1);
  if (year == 1954 || year == 2027) return by_icu - 1;
  return year == 2030 ? by_icu + 1 : by_icu;
}

// The solar term, when the sun stands at 15 degrees: by the usual formula of a century.
Day qingming(int year) {
  const int of_century = year % 100;
  const double start = year < 2000 ? 5.59 : year < 2100 ? 4.81 : 5.55;
  return day_of(year, 4,
                static_cast<unsigned>(static_cast<int>(of_century * 0.2422 + start) - of_century / 4));
}

void add_days(std::string_view name, Day first, int count, HolidayDays& days) {
  for (int i = 0; i < count; ++i) days.add(name, first + i);
}

}  // namespace

void add_cn(int year, HolidayDays& days) {
  if (year < 1950) return;
  days.add("New Year's Day", day_of(year, 1, 1));
  // From 2008 to 2013 the three days began on New Year's Eve; since 2025 there are four with it.
  const bool has_eve = (year >= 2008 && year <= 2013) || year >= 2025;
  add_days("Spring Festival", new_year(year) - (has_eve ? 1 : 0), year >= 2025 ? 4 : 3, days);
  if (year >= 2008) days.add("Qingming Festival", qingming(year));
  add_days("Labour Day", day_of(year, 5, 1), year >= 2025 ? 2 : year >= 2000 && year <= 2007 ? 3 : 1, days);
  if (year >= 2008) days.add("Dragon Boat Festival", lunar_day(year, 5, 5));
  if (year >= 2008) days.add("Mid-Autumn Festival", lunar_day(year, 8, 15));
  add_days("National Day", day_of(year, 10, 1), year >= 1999 ? 3 : 2, days);
}

}  // namespace attune::series
