#include "attune/series/time/grid.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/series/time/civil.h"

namespace attune::series {
namespace {

using Unit = Frequency::Unit;
namespace chrono = std::chrono;

// Seconds of units that are time that passes; 0 for those of the calendar.
std::int64_t seconds_of(const Frequency& frequency) {
  switch (frequency.unit) {
    case Unit::second:
      return frequency.count;
    case Unit::minute:
      return frequency.count * 60;
    case Unit::hour:
      return frequency.count * 3600;
    default:
      return 0;
  }
}

// Days of units that are whole days; 0 for others.
std::int64_t days_of(const Frequency& frequency) {
  if (frequency.unit == Unit::day) return frequency.count;
  return frequency.unit == Unit::week ? frequency.count * 7 : 0;
}

std::int64_t months_of(const Frequency& frequency) {
  switch (frequency.unit) {
    case Unit::month:
      return frequency.count;
    case Unit::quarter:
      return frequency.count * 3;
    case Unit::year:
      return frequency.count * 12;
    default:
      return 0;
  }
}

// Monday to Friday, counted; a weekend counts as its Friday. Week 0 begins on Monday, 1969-12-29.
std::int64_t business_number(Day day) {
  return floor_divide(day + 3, 7) * 5 + std::min<std::int64_t>(weekday_of(day), 4);
}
Day business_day(std::int64_t number) {
  const std::int64_t week = floor_divide(number, 5);
  return week * 7 + (number - week * 5) - 3;
}

Day month_day(Day origin, std::int64_t months, bool at_end) {
  const chrono::year_month_day date = date_of(origin);
  const std::int64_t number = month_number(date) + months;
  const std::int64_t year = floor_divide(number, 12);
  check(year >= first_year && year <= last_year,
        "a step of the time grid is in the year {}, which is out of range", year);
  const chrono::year_month first =
      chrono::year(static_cast<int>(year)) / static_cast<int>(number - year * 12 + 1);
  const unsigned last = days_in_month(first / 1);
  return day_of(first / static_cast<int>(at_end ? last : std::min(static_cast<unsigned>(date.day()), last)));
}

}  // namespace

Grid::Grid(Time origin, Frequency frequency, std::string zone)
    : origin_(origin), frequency_(frequency), zone_(std::move(zone)), clock_(open_zone(zone_)) {}

Time Grid::at(std::int64_t step) const {
  const std::int64_t seconds = seconds_of(frequency_);
  const Time time = seconds > 0 ? origin_ + step * seconds : calendar_at(step);
  check(time >= first_time && time <= last_time, "a step of the time grid lies outside of the years {} to {}",
        first_year, last_year);
  return time;
}

Time Grid::calendar_at(std::int64_t step) const {
  const Time start = local(origin_);
  const Day origin = day_of_time(start);
  Day day = 0;
  if (frequency_.unit == Unit::business_day)
    day = business_day(business_number(origin) + step * frequency_.count);
  else if (const std::int64_t months = months_of(frequency_); months > 0)
    day = month_day(origin, step * months, frequency_.at_end);
  else
    day = origin + step * days_of(frequency_);
  const Time shown = day * seconds_a_day + second_of_day(start);
  return clock_ == nullptr ? shown : clock_->moment(shown);
}

// At most a step off.
std::int64_t Grid::first_guess(Time time) const {
  const Day origin = day_of_time(local(origin_)), day = day_of_time(local(time));
  if (frequency_.unit == Unit::business_day)
    return floor_divide(business_number(day) - business_number(origin), frequency_.count);
  if (const std::int64_t months = months_of(frequency_); months > 0)
    return floor_divide(month_number(date_of(day)) - month_number(date_of(origin)), months);
  return floor_divide(day - origin, days_of(frequency_));
}

std::int64_t Grid::floor(Time time) const {
  if (const std::int64_t seconds = seconds_of(frequency_); seconds > 0)
    return floor_divide(time - origin_, seconds);
  std::int64_t step = first_guess(time);
  while (at(step) > time) --step;
  while (at(step + 1) <= time) ++step;
  return step;
}

}  // namespace attune::series
