// An hourly series that a program made up: the electricity of a town.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::command {

struct DemoHour {
  std::int64_t time = 0;  // seconds since 1970
  double load = 0;
  bool holiday = false;
};

// From 2019-01-01 on: a level that rises and falls over the year, a trend, a day with two peaks, weekends
// that are calmer, noise that lingers for some hours, and public holidays of the United States, on which the
// town uses what it uses on a Sunday, and less. A pure function of the seed.
std::vector<DemoHour> demo_series(std::int64_t days, std::uint64_t seed);

// A CSV file: time,load.
std::string to_csv(const std::vector<DemoHour>& hours);

}  // namespace attune::command
