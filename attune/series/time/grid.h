// Regular grids of times.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "attune/series/time/zone.h"

namespace attune::series {

// The distance between rows.
struct Frequency {
  enum class Unit : std::uint8_t {
    second,
    minute,
    hour,
    day,
    business_day,  // Monday to Friday
    week,
    month,
    quarter,
    year,
  };
  Unit unit = Unit::hour;
  std::int64_t count = 1;  // of units: 15 minutes
  bool at_end = false;     // months, quarters, years: told by their last day

  bool operator==(const Frequency&) const = default;
};

// pandas' names: "15min", "h", "D", "B", "W", "MS" (months), "QS", "YS", "30s"; "ME", "QE", "YE" for the last
// day of each. Also reads the Time-Series-Library's t, h, d, b, w, m, q, a, and words ("hourly", "15
// minutes"). What is the same has one name: "60min" is "h", "7D" is "W". Throws UsageError that lists what
// is known.
Frequency frequency_from_name(std::string_view name);
std::string name_of(const Frequency& frequency);
// For messages: "15 minutes", "1 hour".
std::string in_words(const Frequency& frequency);

// Steps after which such series tend to repeat themselves: a day of hours (24), a week of days (7), a year of
// months (12); 1 when there is no such thing.
std::int64_t season_of(const Frequency& frequency);

// Times of the same distance, step 0 at `origin`. Seconds, minutes and hours are time that passes; days and
// longer units are counted on the calendar of the time zone, so that midnight stays midnight when clocks
// change, and a month after January 31 is the end of February.
class Grid {
 public:
  Grid() = default;
  // `zone`: as open_zone() takes it: an IANA name ("Europe/Berlin"), a fixed offset ("+02:00"), or "" for
  // clocks on the wall. Throws UsageError for a zone that is not known.
  Grid(Time origin, Frequency frequency, std::string zone = "");

  // Throws Error for a calendar date after the year 9999, which nobody writes.
  Time at(std::int64_t step) const;
  // The last step at or before `time`.
  std::int64_t floor(Time time) const;

  Time origin() const { return origin_; }
  const Frequency& frequency() const { return frequency_; }
  const std::string& zone() const { return zone_; }
  // What clocks on the wall show at a time, as seconds since 1970-01-01 00:00:00 there.
  Time local(Time time) const { return clock_ == nullptr ? time : time + clock_->offset(time); }

 private:
  Time calendar_at(std::int64_t step) const;
  std::int64_t first_guess(Time time) const;

  Time origin_ = 0;
  Frequency frequency_;
  std::string zone_;
  std::shared_ptr<const Zone> clock_;  // null for ""
};

}  // namespace attune::series
