#include "attune/series/time/zone.h"

#include <unicode/basictz.h>
#include <unicode/tztrans.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "attune/base/error.h"
#include "attune/series/time/civil.h"

namespace attune::series {
namespace {

constexpr Time earliest = -2208988800, latest = 7258118400;  // 1900-01-01, 2200-01-01
// No zone changes its clocks twice within two days.
constexpr std::int64_t surely_apart = seconds_a_day;

// "+02:00", "-0530", "+02".
std::optional<std::int64_t> fixed_offset(std::string_view name) {
  if (name == "UTC" || name == "Z") return 0;
  if (name.size() < 3 || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  std::string digits;
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (name[i] == ':' && i == 3 && name.size() == 6) continue;
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
    digits += name[i];
  }
  if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
  const int hours = std::stoi(digits.substr(0, 2)),
            minutes = digits.size() == 4 ? std::stoi(digits.substr(2)) : 0;
  if (hours > 15 || minutes > 59) return std::nullopt;
  return (name[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

std::vector<Zone::Change> changes_of(const std::string& name) {
  const std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name)));
  icu::UnicodeString id;
  if (zone->getID(id) == icu::UnicodeString("Etc/Unknown") || name.starts_with("GMT"))
    fail_usage(
        "\"{}\" is no time zone that is known; expected a name of the IANA's time zones, as "
        "Europe/Berlin, America/New_York, UTC, or an offset, as +02:00",
        name);
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t raw = 0, saving = 0;
  zone->getOffset(static_cast<UDate>(earliest) * 1000, /*local=*/false, raw, saving, status);
  std::vector<Zone::Change> changes{{earliest, (raw + saving) / 1000}};
  const auto* basic = dynamic_cast<const icu::BasicTimeZone*>(zone.get());
  icu::TimeZoneTransition transition;
  UDate time = static_cast<UDate>(earliest) * 1000;
  while (basic != nullptr && basic->getNextTransition(time, /*inclusive=*/false, transition)) {
    time = transition.getTime();
    const auto from = static_cast<Time>(time / 1000);
    if (from >= latest) break;
    const icu::TimeZoneRule& rule = *transition.getTo();
    const std::int64_t offset = (rule.getRawOffset() + rule.getDSTSavings()) / 1000;
    if (offset != changes.back().offset) changes.push_back({from, offset});
  }
  return changes;
}

}  // namespace

std::int64_t Zone::offset(Time time) const {
  const auto after = std::upper_bound(changes_.begin() + 1, changes_.end(), time,
                                      [](Time t, const Change& change) { return t < change.from; });
  return std::prev(after)->offset;
}

Zone::Moments Zone::moments(Time local) const {
  const std::int64_t before = offset(local - surely_apart), after = offset(local + surely_apart);
  if (before == after) return {local - before, std::nullopt};
  Moments found;
  // The larger offset is the earlier moment.
  for (const std::int64_t candidate : {std::max(before, after), std::min(before, after)}) {
    const Time time = local - candidate;
    if (offset(time) != candidate) continue;
    (found.first ? found.second : found.first) = time;
  }
  return found;
}

Time Zone::moment(Time local) const {
  const Moments found = moments(local);
  return found.first ? *found.first : local - offset(local - surely_apart);
}

std::shared_ptr<const Zone> open_zone(const std::string& name) {
  if (name.empty()) return nullptr;
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Zone>> open;
  const std::lock_guard lock(mutex);
  if (const auto found = open.find(name); found != open.end()) return found->second;
  const auto fixed = fixed_offset(name);
  return open[name] = std::make_shared<const Zone>(fixed ? std::vector<Zone::Change>{{earliest, *fixed}}
                                                         : changes_of(name));
}

std::string offset_name(std::int64_t seconds) {
  const std::int64_t size = std::abs(seconds);
  return fmt::format("{}{:02}:{:02}", seconds < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

}  // namespace attune::series
