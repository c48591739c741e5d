#include "attune/series/time/find_frequency.h"

#include <algorithm>
#include <string>

#include "attune/series/time/civil.h"

namespace attune::series {
namespace {

using Unit = Frequency::Unit;

constexpr std::size_t most_distances = 4096;      // of irregular times more tell nothing new
constexpr std::int64_t shortest_day = 23 * 3600;  // when clocks are put forward
constexpr std::int64_t shortest_month = 28;       // days

Frequency named(std::int64_t count, const char* unit) {
  return frequency_from_name(std::to_string(count) + unit);
}

}  // namespace

void FrequencyFinder::count(Counts& counts, std::int64_t distance) {
  if (const auto found = counts.find(distance); found != counts.end())
    ++found->second;
  else if (counts.size() < most_distances)
    counts.emplace(distance, 1);
}

// Of two that are as frequent, the shorter.
FrequencyFinder::Most FrequencyFinder::most_of(const Counts& counts) {
  Most most;
  for (const auto& [distance, count] : counts) {
    if (count > most.count || (count == most.count && distance < most.distance)) most = {distance, count};
  }
  return most;
}

void FrequencyFinder::add(Time time, bool is_first) {
  const Time local = zone_ == nullptr ? time : time + zone_->offset(time);
  const Day day = day_of_time(local);
  const std::chrono::year_month_day date = date_of(day);
  const unsigned day_of_month = static_cast<unsigned>(date.day());
  const bool is_last = is_last_of_month(date);
  ++count_;
  last_of_month_ += is_last ? 1 : 0;
  ++days_of_month_[day_of_month];
  short_ends_[day_of_month] += is_last ? 1 : 0;
  weekends_ += weekday_of(day) > 4 ? 1 : 0;
  if (!is_first && time > previous_) {
    ++distances_;
    const Day day_before = day_of_time(previous_local_);
    count(seconds_, time - previous_);
    count(days_, day - day_before);
    count(months_, month_number(date) - month_number(date_of(day_before)));
    same_time_of_day_ += second_of_day(local) == second_of_day(previous_local_) ? 1 : 0;
    over_weekends_ += day - day_before == 3 && weekday_of(day) == 0 ? 1 : 0;
  }
  previous_ = time;
  previous_local_ = local;
}

// The same, or the last of a month that is too short for it.
bool FrequencyFinder::same_day_of_month() const {
  int day = 31;
  while (day > 1 && days_of_month_[day] == 0) --day;
  std::int64_t fitting = days_of_month_[day];
  for (int shorter = 1; shorter < day; ++shorter) fitting += short_ends_[shorter];
  return fitting == count_;
}

std::optional<FoundFrequency> FrequencyFinder::find() const {
  if (distances_ == 0) return std::nullopt;
  const auto found = [&](Frequency frequency, const Most& most) {
    return FoundFrequency{frequency, static_cast<double>(most.count) / static_cast<double>(distances_)};
  };
  const Most seconds = most_of(seconds_), days = most_of(days_), months = most_of(months_);
  const bool whole_days = seconds.distance >= shortest_day && 2 * same_time_of_day_ > distances_;
  if (!whole_days) return found(named(std::min<std::int64_t>(seconds.distance, 10'000'000), "s"), seconds);
  if (days.distance >= shortest_month && months.distance > 0 &&
      (all_last_of_month() || same_day_of_month())) {
    Frequency frequency = named(months.distance, "MS");
    frequency.at_end = all_last_of_month();
    return found(frequency, months);
  }
  if (days.distance == 1 && weekends_ == 0 && over_weekends_ > 0) {
    Most business = days;
    business.count += over_weekends_;
    return found({Unit::business_day}, business);
  }
  return found(named(days.distance, "D"), days);
}

}  // namespace attune::series
