// The frequency of times, found in the distances between them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "attune/series/time/grid.h"

namespace attune::series {

struct FoundFrequency {
  Frequency frequency;
  double share = 0;  // of the distances that are as long
};

// Collects the times of one series after the other.
class FrequencyFinder {
 public:
  // `zone`: on whose clocks days are counted; null: those of the times.
  explicit FrequencyFinder(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  // The next time of a series, `is_first` its first. Times that go back or stand still tell nothing.
  void add(Time time, bool is_first);

  // The most frequent distance; none where no series has two times. Months, quarters and years are told by
  // the day of the month (each the same, or each the last), business days by the missing weekends.
  std::optional<FoundFrequency> find() const;
  // Whether all times are on the last day of a month.
  bool all_last_of_month() const { return count_ > 0 && last_of_month_ == count_; }

 private:
  using Counts = std::unordered_map<std::int64_t, std::int64_t>;
  struct Most {
    std::int64_t distance = 0, count = 0;
  };
  static Most most_of(const Counts& counts);
  static void count(Counts& counts, std::int64_t distance);
  bool same_day_of_month() const;

  std::shared_ptr<const Zone> zone_;
  Counts seconds_, days_, months_;
  std::int64_t distances_ = 0, count_ = 0;
  std::int64_t last_of_month_ = 0, weekends_ = 0, over_weekends_ = 0;
  std::int64_t days_of_month_[32] = {}, short_ends_[32] = {};  // times on a day; on it as the month's last
  std::int64_t same_time_of_day_ = 0;
  Time previous_ = 0, previous_local_ = 0;
};

}  // namespace attune::series
