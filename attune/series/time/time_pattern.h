// Times as text, by a format as strptime's and strftime's: compiled once, then read fast.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/series/time/civil.h"

namespace attune::series {

// What a text says.
struct Stamp {
  Time local = 0;                      // on the clocks
  std::optional<std::int64_t> offset;  // of the clocks from UTC, where the text says it
  bool has_fraction = false;           // of a second that is not 0, and dropped
};

// %Y %y %m %d %H %I %M %S %p %b %B %a %A %j %G %V %z %Z %%, and
//   %f     a fraction of a second; %3f, %6f: written with 3 or 6 digits
//   %-d    (and m, H, I) the number without a leading zero; reading takes both
//   %:z    +02:00, where %z is +0200; reading takes both, and Z
//   %Q     a quarter, 1 to 4: "%YQ%Q"
//   s, ms, us, ns    (the whole format) a number since 1970-01-01 00:00:00 UTC
// A letter Z at the end is UTC. Names of months and days are English.
class TimePattern {
 public:
  // Throws UsageError for what it does not know and for formats that tell no year.
  explicit TimePattern(std::string format);

  std::optional<Stamp> parse(std::string_view text) const;
  // `offset` is that of the clocks at this time.
  std::string write(Time local, std::int64_t offset) const;

  const std::string& format() const { return format_; }
  bool has_month() const { return has_month_; }
  // The text says how far its clocks are from UTC.
  bool has_offset() const { return has_offset_; }

 private:
  struct Part {
    char kind = 0;          // strptime's letter; 'l' for a literal, '0' for a number since 1970
    char flag = 0;          // '-', ':' or a digit
    std::string text = {};  // of a literal
    std::int64_t scale = 0;
  };
  struct Reading;
  void compile();
  static bool read(const Part& part, std::string_view& rest, Reading& reading);

  std::string format_;
  std::vector<Part> parts_;
  bool has_month_ = false, has_offset_ = false, is_week_date_ = false, ends_in_z_ = false;
};

}  // namespace attune::series
