#include "apps/attune/demo/series_demo_data.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

#include "attune/series/calendar/calendar.h"
#include "attune/tensor/random.h"

namespace attune::command {
namespace {

namespace chrono = std::chrono;

constexpr double base = 500, trend_a_day = 0.06, season_height = 60;
constexpr double noise = 4, noise_that_stays = 0.7;

// The shape of a working day and of a day off, by the hour.
constexpr std::array<double, 24> working{-110, -125, -132, -135, -125, -90, -20, 60,  110, 115, 105, 95,
                                         85,   80,   75,   80,   100,  140, 165, 150, 105, 50,  -15, -75};
constexpr std::array<double, 24> off{-95, -115, -128, -135, -138, -135, -120, -95, -60, -20, 10,  30,
                                     35,  25,   10,   5,    15,   45,   75,   80,  55,  15,  -30, -70};

double standard_normal(std::uint64_t seed, std::uint64_t index) {
  constexpr double to_unit = 1.0 / 4294967296.0;
  const RandomWords words = random_words(seed, 0, index);
  const double radius = std::sqrt(-2 * std::log((words.word[0] + 0.5) * to_unit));
  return radius * std::cos(2 * std::numbers::pi * words.word[1] * to_unit);  // Box and Muller, 1958
}

}  // namespace

std::vector<DemoHour> demo_series(std::int64_t days, std::uint64_t seed) {
  const auto holidays = series::open_holidays("US");
  const series::Day first = chrono::sys_days(chrono::year(2019) / 1 / 1).time_since_epoch().count();
  std::vector<DemoHour> hours;
  double lingering = 0;
  for (std::int64_t i = 0; i < days; ++i) {
    const series::Day day = first + i;
    const unsigned weekday = chrono::weekday(chrono::sys_days(chrono::days(day))).c_encoding();
    const bool holiday = holidays->on(day).has_value(), day_off = weekday == 0 || weekday == 6 || holiday;
    const double year = 2 * std::numbers::pi * static_cast<double>(i) / 365.25;
    for (std::size_t hour = 0; hour < 24; ++hour) {
      lingering = noise_that_stays * lingering + noise * standard_normal(seed, hours.size());
      const double level = base + trend_a_day * static_cast<double>(i) + season_height * std::cos(year);
      const double shape = day_off ? off[hour] - (holiday ? 40 : 20) : working[hour];
      hours.push_back({.time = day * 86400 + static_cast<std::int64_t>(hour) * 3600,
                       .load = level + shape + lingering,
                       .holiday = holiday});
    }
  }
  return hours;
}

std::string to_csv(const std::vector<DemoHour>& hours) {
  std::string text = "time,load\n";
  for (const DemoHour& hour : hours) {
    const chrono::sys_seconds at{chrono::seconds(hour.time)};
    const chrono::year_month_day date(chrono::floor<chrono::days>(at));
    text += fmt::format("{:04}-{:02}-{:02} {:02}:00,{:.2f}\n", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                        hour.time / 3600 % 24, hour.load);
  }
  return text;
}

}  // namespace attune::command
