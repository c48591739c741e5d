#include "attune/series/calendar/calendar.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"

namespace attune::series {
namespace {

struct FieldFacts {
  Field field;
  std::string_view name;
  std::int64_t size;
};
constexpr FieldFacts facts[] = {
    {Field::second, "second", 60},
    {Field::minute, "minute", 60},
    {Field::hour, "hour", 24},
    {Field::weekday, "weekday", 7},
    {Field::day, "day", 31},
    {Field::year_day, "year_day", 366},
    {Field::week, "week", 53},
    {Field::month, "month", 12},
    {Field::season, "season", 4},
    {Field::holiday, "holiday", 0},  // as many as there are holidays, and one for none
    {Field::holiday_distance, "holiday_distance", 8},
};

const FieldFacts& facts_of(Field field) { return facts[static_cast<std::size_t>(field)]; }

constexpr std::int64_t farthest_holiday = 3;

Day year_day(Day day) { return day - day_of(date_of(day).year() / 1 / 1); }

// Of the ISO year: that of the week's Thursday, counted from 0.
std::int64_t iso_week(Day day) { return year_day(day + 3 - weekday_of(day)) / 7; }

std::int64_t month_of(Day day) { return static_cast<unsigned>(date_of(day).month()) - 1; }

std::int64_t holiday_distance(const Holidays& holidays, Day day) {
  for (std::int64_t distance = 0; distance <= farthest_holiday; ++distance) {
    if (holidays.on(day - distance)) return farthest_holiday + distance;  // days after it
    if (holidays.on(day + distance)) return farthest_holiday - distance;
  }
  return 2 * farthest_holiday + 1;
}

}  // namespace

std::string_view name_of(Field field) { return facts_of(field).name; }

Field field_from_name(std::string_view name) {
  std::string known;
  for (const FieldFacts& field : facts) {
    if (field.name == name) return field.field;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", field.name);
  }
  fail_usage("\"{}\" is no field of the calendar; expected {}", name, known);
}

std::vector<Field> fields_of(const Frequency& frequency) {
  using Unit = Frequency::Unit;
  using enum Field;
  switch (frequency.unit) {
    case Unit::second:
      return {second, minute, hour, weekday, day, year_day};
    case Unit::minute:
      return {minute, hour, weekday, day, year_day};
    case Unit::hour:
      return {hour, weekday, day, year_day};
    case Unit::day:
    case Unit::business_day:
      return {weekday, day, year_day};
    case Unit::week:
      return {day, week};
    case Unit::month:
    case Unit::quarter:
      return {month};
    case Unit::year:
      return {};
  }
  return {};
}

Calendar::Calendar(Grid grid, std::vector<Field> fields, std::shared_ptr<const Holidays> holidays)
    : grid_(std::move(grid)), fields_(std::move(fields)), holidays_(std::move(holidays)) {
  for (const Field field : fields_) {
    if ((field == Field::holiday || field == Field::holiday_distance) && holidays_ == nullptr)
      fail_usage("the calendar field {} needs holidays: name a country or a file of dates", name_of(field));
  }
}

std::int64_t Calendar::size(std::size_t field) const {
  if (fields_[field] != Field::holiday) return facts_of(fields_[field]).size;
  return 1 + static_cast<std::int64_t>(holidays_->names().size());
}

std::int64_t Calendar::value(Field field, Day day, std::int64_t second) const {
  switch (field) {
    case Field::second:
      return second % 60;
    case Field::minute:
      return second / 60 % 60;
    case Field::hour:
      return second / 3600;
    case Field::weekday:
      return weekday_of(day);
    case Field::day:
      return static_cast<unsigned>(date_of(day).day()) - 1;
    case Field::year_day:
      return year_day(day);
    case Field::week:
      return iso_week(day);
    case Field::month:
      return month_of(day);
    case Field::season:
      return (month_of(day) + 1) % 12 / 3;  // December is 0
    case Field::holiday:
      return holidays_->on(day).value_or(-1) + 1;
    case Field::holiday_distance:
      return holiday_distance(*holidays_, day);
  }
  return 0;
}

void Calendar::values(std::int64_t step, std::span<std::int64_t> out) const {
  const Time local = grid_.local(grid_.at(step));
  const Day day = day_of_time(local);
  const std::int64_t second = local - day * seconds_a_day;
  for (std::size_t i = 0; i < fields_.size(); ++i) out[i] = value(fields_[i], day, second);
}

float Calendar::scaled(std::size_t field, std::int64_t value) const {
  if (fields_[field] == Field::holiday) return value > 0 ? 0.5F : -0.5F;
  return static_cast<float>(static_cast<double>(value) / static_cast<double>(size(field) - 1) - 0.5);
}

}  // namespace attune::series
