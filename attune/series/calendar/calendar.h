// What the calendar says of a time: temporal embeddings start here (Zhou et al., 2012.07436, section 3; the
// scaled fields are those of GluonTS and the Time-Series-Library).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/series/time/civil.h"
#include "attune/series/time/grid.h"

namespace attune::series {

enum class Field : std::uint8_t {
  second,            // 60
  minute,            // 60
  hour,              // 24
  weekday,           // 7, Monday 0
  day,               // of the month, from 0: 31
  year_day,          // from 0: 366
  week,              // of the ISO year, from 0: 53
  month,             // from 0: 12
  season,            // winter (December to February), spring, summer, autumn: 4
  holiday,           // 0 for none, 1 + the holiday's number
  holiday_distance,  // days since the nearest holiday: -3 .. 3 as 0 .. 6 (of two as near, the one before),
                     // 7 for farther
};
std::string_view name_of(Field field);
Field field_from_name(std::string_view name);  // throws UsageError that lists the names

// The fields that tell times of this frequency apart, as the Time-Series-Library chooses them (hourly: hour,
// weekday, day, year_day); holiday fields are added by whoever has holidays.
std::vector<Field> fields_of(const Frequency& frequency);

// The holidays of a country or of a user's file.
class Holidays {
 public:
  virtual ~Holidays() = default;
  // Names of the holidays; a holiday's number is its place.
  virtual const std::vector<std::string>& names() const = 0;
  // The holiday on a day.
  virtual std::optional<std::int64_t> on(Day day) const = 0;
};

// "US", "CN", "DE", "GB", "FR", "JP" by rules, for any year from 1900 to 2100, or the path of a file of
// dates (ISO, with a name after a comma or a tab where there is one). Throws UsageError that lists what is
// known.
std::shared_ptr<const Holidays> open_holidays(const std::string& country_or_file);

class Calendar {
 public:
  // `holidays` is required for the holiday fields.
  Calendar(Grid grid, std::vector<Field> fields, std::shared_ptr<const Holidays> holidays = nullptr);

  const std::vector<Field>& fields() const { return fields_; }
  // How many values a field has (a vocabulary for learned embeddings).
  std::int64_t size(std::size_t field) const;

  // The fields of a step: F values each below their size.
  void values(std::int64_t step, std::span<std::int64_t> out) const;
  // A value scaled to [-0.5, 0.5]: value / (size - 1) - 0.5, of `holiday` 0.5 for any and -0.5 for none.
  float scaled(std::size_t field, std::int64_t value) const;

 private:
  std::int64_t value(Field field, Day day, std::int64_t second) const;

  Grid grid_;
  std::vector<Field> fields_;
  std::shared_ptr<const Holidays> holidays_;
};

}  // namespace attune::series
