#include <algorithm>
#include <limits>

#include "attune/base/error.h"
#include "attune/series/calendar/calendar.h"
#include "attune/series/calendar/holidays/holiday_file.h"
#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {
namespace {

constexpr int first_holiday_year = 1900, last_holiday_year = 2100;
constexpr std::int64_t longest_table = 4'000'000;  // days: all years that can be written

// The number of the holiday of each day between the first and the last: asked for at every step of a series.
class HolidayTable : public Holidays {
 public:
  explicit HolidayTable(const HolidayDays& days) : names_(days.names()) {
    if (days.numbers().empty()) return;
    Day last = std::numeric_limits<Day>::min();
    first_ = std::numeric_limits<Day>::max();
    for (const auto& [day, number] : days.numbers())
      first_ = std::min(first_, day), last = std::max(last, day);
    check(last - first_ < longest_table, "holidays lie {} days apart", last - first_);
    numbers_.assign(static_cast<std::size_t>(last - first_ + 1), none);
    for (const auto& [day, number] : days.numbers())
      numbers_[static_cast<std::size_t>(day - first_)] = static_cast<std::int32_t>(number);
  }

  const std::vector<std::string>& names() const override { return names_; }
  std::optional<std::int64_t> on(Day day) const override {
    const Day place = day - first_;
    if (place < 0 || place >= static_cast<Day>(numbers_.size())) return std::nullopt;
    const std::int32_t number = numbers_[static_cast<std::size_t>(place)];
    return number == none ? std::nullopt : std::optional<std::int64_t>(number);
  }

 private:
  static constexpr std::int32_t none = -1;
  std::vector<std::string> names_;
  Day first_ = 0;
  std::vector<std::int32_t> numbers_;
};

struct Country {
  std::string_view code;
  void (*add)(int year, HolidayDays& days);
};
constexpr Country countries[] = {{"US", add_us}, {"CN", add_cn}, {"DE", add_de},
                                 {"GB", add_gb}, {"FR", add_fr}, {"JP", add_jp}};

}  // namespace

std::shared_ptr<const Holidays> open_holidays(const std::string& country_or_file) {
  for (const Country& country : countries) {
    if (country.code != country_or_file) continue;
    HolidayDays days;
    for (int year = first_holiday_year; year <= last_holiday_year; ++year) country.add(year, days);
    return std::make_shared<HolidayTable>(days);
  }
  if (!std::filesystem::exists(country_or_file))
    fail_usage(
        "\"{}\" is no country whose holidays are known, and no file: expected US, CN, DE, GB, FR, JP, or a "
        "file "
        "of dates (2016-12-25,Christmas)",
        country_or_file);
  return std::make_shared<HolidayTable>(read_holiday_file(country_or_file));
}

}  // namespace attune::series
