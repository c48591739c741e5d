// The names of frequencies.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "attune/base/error.h"
#include "attune/series/time/grid.h"

namespace attune::series {
namespace {

using Unit = Frequency::Unit;

constexpr std::int64_t largest_count = 10'000'000;

struct UnitNames {
  Unit unit;
  std::string_view name, word;               // pandas' name; a word for messages
  std::array<std::string_view, 8> others{};  // read too
};
constexpr UnitNames units[] = {
    {Unit::second, "s", "second", {"S", "sec", "secs", "secondly"}},
    {Unit::minute, "min", "minute", {"t", "T", "mins", "minutely"}},
    {Unit::hour, "h", "hour", {"H", "hr", "hrs", "hourly"}},
    {Unit::day, "D", "day", {"d", "daily"}},
    {Unit::business_day, "B", "business day", {"b", "C", "business days"}},
    {Unit::week, "W", "week", {"w", "weekly"}},
    {Unit::month, "MS", "month", {"M", "m", "monthly"}},
    {Unit::quarter, "QS", "quarter", {"Q", "q", "quarterly"}},
    {Unit::year, "YS", "year", {"Y", "y", "A", "a", "AS", "yearly", "annual", "annually"}},
};
constexpr std::pair<std::string_view, Unit> at_end[] = {
    {"ME", Unit::month}, {"QE", Unit::quarter}, {"YE", Unit::year}, {"AE", Unit::year}};

const UnitNames& names_of(Unit unit) {
  return *std::find_if(std::begin(units), std::end(units),
                       [&](const UnitNames& names) { return names.unit == unit; });
}

// Without "-SUN" of "W-SUN" and "-DEC" of "Q-DEC": the data say where a week and a year begin.
std::string_view without_anchor(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || dash == 0 || name.size() != dash + 4) return name;
  return std::string_view("WQYA").find(name[0]) == std::string_view::npos ? name : name.substr(0, dash);
}

std::optional<Frequency> unit_from_name(std::string_view name) {
  for (const auto& [end, unit] : at_end) {
    if (name == end) return Frequency{unit, 1, true};
  }
  for (const UnitNames& unit : units) {
    const bool plural =
        name.size() == unit.word.size() + 1 && name.starts_with(unit.word) && name.back() == 's';
    if (name == unit.name || name == unit.word || plural ||
        (!name.empty() && std::find(unit.others.begin(), unit.others.end(), name) != unit.others.end()))
      return Frequency{unit.unit};
  }
  return std::nullopt;
}

// 60 minutes are an hour, 7 days a week; 24 hours are no day where clocks change.
Frequency simplest(Frequency frequency) {
  struct Larger {
    Unit unit, larger;
    std::int64_t count;
  };
  constexpr Larger steps[] = {{Unit::second, Unit::minute, 60},
                              {Unit::minute, Unit::hour, 60},
                              {Unit::day, Unit::week, 7},
                              {Unit::month, Unit::quarter, 3},
                              {Unit::quarter, Unit::year, 4}};
  for (const Larger& step : steps) {
    if (frequency.unit == step.unit && frequency.count % step.count == 0)
      frequency = {step.larger, frequency.count / step.count, frequency.at_end};
  }
  return frequency;
}

}  // namespace

Frequency frequency_from_name(std::string_view name) {
  std::int64_t count = 1;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), count);
  std::string_view unit = name.substr(static_cast<std::size_t>(rest - name.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto found = unit_from_name(without_anchor(unit));
  if (!found || error == std::errc::result_out_of_range || count < 1 || count > largest_count)
    fail_usage(
        "\"{}\" is no frequency; expected s, min, h, D, B (business days), W, MS (months), QS (quarters) or "
        "YS (years), ME, QE, YE for their last days, with a number before (15min) from 1 to {}",
        name, largest_count);
  return simplest({found->unit, count, found->at_end});
}

std::string name_of(const Frequency& frequency) {
  std::string name(names_of(frequency.unit).name);
  if (frequency.at_end) name.back() = 'E';
  return frequency.count == 1 ? name : fmt::format("{}{}", frequency.count, name);
}

std::string in_words(const Frequency& frequency) {
  return fmt::format("{} {}{}{}", frequency.count, names_of(frequency.unit).word,
                     frequency.count == 1 ? "" : "s", frequency.at_end ? " (last days)" : "");
}

std::int64_t season_of(const Frequency& frequency) {
  const auto season = [&](std::int64_t units) {
    return units % frequency.count == 0 ? units / frequency.count : 1;
  };
  switch (frequency.unit) {
    case Unit::second:
      return season(3600);
    case Unit::minute:
      return season(24 * 60);
    case Unit::hour:
      return season(24);
    case Unit::day:
      return season(7);
    case Unit::business_day:
      return season(5);
    case Unit::week:
      return season(52);
    case Unit::month:
      return season(12);
    case Unit::quarter:
      return season(4);
    case Unit::year:
      return 1;
  }
  return 1;
}

}  // namespace attune::series
