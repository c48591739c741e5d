// Time zones: what clocks on the wall show.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::series {

// A moment: seconds since 1970-01-01 00:00:00 UTC. Where no time zone is known, the clock on the wall is
// taken as if it were UTC.
using Time = std::int64_t;

// Offsets from UTC with all their changes from 1900 to 2200; before and after, the first and the last hold.
class Zone {
 public:
  // `changes`: when an offset begins to hold, in order; the first holds from the beginning of time.
  struct Change {
    Time from = 0;
    std::int64_t offset = 0;  // in seconds: what to add to UTC
  };
  explicit Zone(std::vector<Change> changes) : changes_(std::move(changes)) {}

  std::int64_t offset(Time time) const;

  // The moments at which the clocks show `local`: none (they are put forward), one or two (put back).
  struct Moments {
    std::optional<Time> first, second;
  };
  Moments moments(Time local) const;
  // The first of them; where there is none, the clocks' hour later.
  Time moment(Time local) const;

 private:
  std::vector<Change> changes_;
};

// An IANA name ("Europe/Berlin"), or a fixed offset ("+02:00"). Null for "". Zones stay open: a second call
// gives the same one. Throws UsageError for a zone that is not known.
std::shared_ptr<const Zone> open_zone(const std::string& name);

// "+02:00"
std::string offset_name(std::int64_t seconds);

}  // namespace attune::series
