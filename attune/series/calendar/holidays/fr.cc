// France: the holidays of the whole country (Code du travail, L3133-1).
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {

void add_fr(int year, HolidayDays& days) {
  const Day sunday = easter(year);
  days.add("Jour de l'an", day_of(year, 1, 1));
  days.add("Lundi de Pâques", sunday + 1);
  if (year >= 1919) days.add("Fête du Travail", day_of(year, 5, 1));
  if ((year >= 1953 && year <= 1959) || year >= 1982) days.add("Fête de la Victoire", day_of(year, 5, 8));
  days.add("Ascension", sunday + 39);
  const bool was_worked = year >= 2005 && year <= 2007;  // as the day of solidarity
  if (!was_worked) days.add("Lundi de Pentecôte", sunday + 50);
  days.add("Fête nationale", day_of(year, 7, 14));
  days.add("Assomption", day_of(year, 8, 15));
  days.add("Toussaint", day_of(year, 11, 1));
  if (year >= 1918) days.add("Armistice", day_of(year, 11, 11));
  days.add("Noël", day_of(year, 12, 25));
}

}  // namespace attune::series
