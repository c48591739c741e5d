#include "attune/series/time/time_pattern.h"

#include <algorithm>
#include <array>

#include "attune/base/error.h"

namespace attune::series {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
constexpr std::size_t short_name = 3;
constexpr std::int64_t halfway_century = 69;  // as POSIX: 69 is 1969, 68 is 2068

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Takes `least` to `most` digits from the front; negative when there are fewer.
std::int64_t take_digits(std::string_view& rest, std::size_t least, std::size_t most) {
  std::int64_t value = 0;
  std::size_t count = 0;
  while (count < most && count < rest.size() && is_digit(rest[count]))
    value = value * 10 + (rest[count++] - '0');
  if (count < least) return -1;
  rest.remove_prefix(count);
  return value;
}

bool take_text(std::string_view& rest, std::string_view text) {
  if (rest.size() < text.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(rest[i]) != lower(text[i])) return false;
  }
  rest.remove_prefix(text.size());
  return true;
}

template <std::size_t N>
std::int64_t take_name(std::string_view& rest, const std::array<std::string_view, N>& names,
                       std::size_t length) {
  for (std::size_t i = 0; i < N; ++i) {
    if (take_text(rest, names[i].substr(0, length))) return static_cast<std::int64_t>(i);
  }
  return -1;
}

// Z, UTC, GMT, +02:00, +0200, +02.
std::optional<std::int64_t> take_offset(std::string_view& rest) {
  if (take_text(rest, "UTC") || take_text(rest, "GMT") || take_text(rest, "Z")) return 0;
  if (rest.empty() || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
  const std::int64_t sign = rest[0] == '-' ? -1 : 1;
  rest.remove_prefix(1);
  const std::int64_t hours = take_digits(rest, 2, 2);
  take_text(rest, ":");
  const std::int64_t minutes = std::max<std::int64_t>(take_digits(rest, 2, 2), 0);
  if (hours < 0 || hours > 15 || minutes > 59) return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

std::int64_t scale_of_epoch(std::string_view format) {
  if (format == "s") return 1;
  if (format == "ms") return 1'000;
  if (format == "us") return 1'000'000;
  return format == "ns" ? 1'000'000'000 : 0;
}

// The Monday of an ISO week.
Day iso_monday(int year, std::int64_t week) {
  const Day january4 = day_of(year, 1, 4);  // always in week 1
  return january4 - weekday_of(january4) + (week - 1) * 7;
}

}  // namespace

// The fields as they are read; absent ones are the first there is.
struct TimePattern::Reading {
  std::int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, year_day = 0, week = 0;
  bool is_afternoon = false, has_half = false, is_epoch = false;
  Stamp stamp;
};

TimePattern::TimePattern(std::string format) : format_(std::move(format)) {
  if (const std::int64_t scale = scale_of_epoch(format_); scale > 0) {
    parts_.push_back({.kind = '0', .scale = scale});
    has_offset_ = true;
    return;
  }
  compile();
}

void TimePattern::compile() {
  constexpr std::string_view known = "YymdHIMSpbBaAjGVzZfQ";
  bool has_year = false;
  const auto literal = [&](char c) {
    if (parts_.empty() || parts_.back().kind != 'l') parts_.push_back({.kind = 'l'});
    parts_.back().text += c;
  };
  for (std::size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] != '%') {
      literal(format_[i]);
      continue;
    }
    char flag = 0;
    if (++i < format_.size() && (format_[i] == '-' || format_[i] == ':' || is_digit(format_[i])))
      flag = format_[i++];
    const char kind = i < format_.size() ? format_[i] : '\0';
    if (kind == '%' || kind == 'T' || kind == 'F') {
      if (kind == '%')
        literal('%');
      else
        fail_usage("--time-format: write %{} out as {}", kind, kind == 'T' ? "%H:%M:%S" : "%Y-%m-%d");
      continue;
    }
    if (kind == '\0' || known.find(kind) == std::string_view::npos)
      fail_usage(
          "--time-format \"{}\": it has no %{}; expected %Y, %m, %d, %H, %M, %S and the like (or s, ms for "
          "numbers since 1970)",
          format_, kind == '\0' ? ' ' : kind);
    parts_.push_back({.kind = kind, .flag = flag});
    has_year |= kind == 'Y' || kind == 'y' || kind == 'G';
    has_month_ |= kind == 'm' || kind == 'b' || kind == 'B';
    has_offset_ |= kind == 'z' || kind == 'Z';
    is_week_date_ |= kind == 'G';
  }
  if (!has_year)
    fail_usage(
        "--time-format \"{}\" tells no year; expected one as \"%Y-%m-%d %H:%M:%S\", or s or ms for numbers "
        "since 1970",
        format_);
  ends_in_z_ = format_.size() > 1 && format_.back() == 'Z' && format_[format_.size() - 2] != '%' &&
               format_[format_.size() - 2] != ':';
  has_offset_ |= ends_in_z_;
}

bool TimePattern::read(const Part& part, std::string_view& rest, Reading& r) {
  const auto number = [&](std::int64_t& to, std::size_t least, std::size_t most, std::int64_t from,
                          std::int64_t end) {
    to = take_digits(rest, least, most);
    return to >= from && to <= end;
  };
  switch (part.kind) {
    case 'l':
      return take_text(rest, part.text);
    case 'Y':
    case 'G':
      return number(r.year, 4, 4, first_year, last_year);
    case 'y':
      if (!number(r.year, 2, 2, 0, 99)) return false;
      r.year += r.year < halfway_century ? 2000 : 1900;
      return true;
    case 'm':
      return number(r.month, 1, 2, 1, 12);
    case 'd':
      return number(r.day, 1, 2, 1, 31);
    case 'j':
      return number(r.year_day, 3, 3, 1, 366);
    case 'V':
      return number(r.week, 1, 2, 1, 53);
    case 'H':
      return number(r.hour, 1, 2, 0, 23);
    case 'I':
      r.has_half = true;
      return number(r.hour, 1, 2, 1, 12);
    case 'M':
      return number(r.minute, 2, 2, 0, 59);
    case 'S':
      return number(r.second, 2, 2, 0, 59);
    case 'Q': {
      std::int64_t quarter = 0;
      if (!number(quarter, 1, 1, 1, 4)) return false;
      r.month = quarter * 3 - 2;
      return true;
    }
    case 'p':
      r.is_afternoon = take_text(rest, "PM") || take_text(rest, "p.m.");
      return r.is_afternoon || take_text(rest, "AM") || take_text(rest, "a.m.");
    case 'b':
      r.month = take_name(rest, months, short_name) + 1;
      return r.month > 0;
    case 'B':
      r.month = take_name(rest, months, std::string_view::npos) + 1;
      return r.month > 0;
    case 'a':
      return take_name(rest, weekdays, short_name) >= 0;
    case 'A':
      return take_name(rest, weekdays, std::string_view::npos) >= 0;
    case 'z':
    case 'Z':
      r.stamp.offset = take_offset(rest);
      return r.stamp.offset.has_value();
    case 'f': {
      const std::string_view before = rest;
      if (take_digits(rest, 1, 18) < 0) return false;
      const std::string_view digits = before.substr(0, before.size() - rest.size());
      r.stamp.has_fraction = digits.find_first_not_of('0') != std::string_view::npos;
      return true;
    }
    case '0': {
      const bool negative = take_text(rest, "-");
      const std::string_view before = rest;
      const std::int64_t value = take_digits(rest, 1, 18);
      if (value < 0) return false;
      r.is_epoch = true;
      r.stamp.local = floor_divide(negative ? -value : value, part.scale);
      r.stamp.offset = 0;
      r.stamp.has_fraction = value % part.scale != 0;
      if (take_text(rest, ".")) {
        const std::string_view digits = rest;
        take_digits(rest, 0, 18);
        const std::size_t count = digits.size() - rest.size();
        r.stamp.has_fraction |= digits.substr(0, count).find_first_not_of('0') != std::string_view::npos;
      }
      const Day day = day_of_time(r.stamp.local);
      return before.size() > rest.size() && day >= day_of(first_year, 1, 1) &&
             day <= day_of(last_year, 12, 31);
    }
    default:
      return false;
  }
}

std::optional<Stamp> TimePattern::parse(std::string_view text) const {
  Reading r;
  for (const Part& part : parts_) {
    if (!read(part, text, r)) return std::nullopt;
    // ISO 8601 lets a fraction follow the seconds wherever they are.
    if (part.kind == 'S' && text.size() > 1 && text[0] == '.' && is_digit(text[1]) &&
        (&part == &parts_.back() || (&part)[1].kind != 'l' || (&part)[1].text[0] != '.')) {
      text.remove_prefix(1);
      read({.kind = 'f'}, text, r);
    }
  }
  if (!text.empty()) return std::nullopt;
  if (r.is_epoch) return r.stamp;
  if (r.has_half) r.hour = r.hour % 12 + (r.is_afternoon ? 12 : 0);
  Day day = 0;
  if (is_week_date_) {
    if (r.week == 0) return std::nullopt;
    day = iso_monday(static_cast<int>(r.year), r.week);
  } else {
    const auto date =
        std::chrono::year(static_cast<int>(r.year)) / static_cast<int>(r.month) / static_cast<int>(r.day);
    if (!date.ok()) return std::nullopt;
    day = day_of(date) + (r.year_day > 0 ? r.year_day - 1 : 0);
  }
  r.stamp.local = day * seconds_a_day + r.hour * 3600 + r.minute * 60 + r.second;
  if (ends_in_z_) r.stamp.offset = 0;
  return r.stamp;
}

std::string TimePattern::write(Time local, std::int64_t offset) const {
  if (ends_in_z_) local -= offset;
  const Day day = day_of_time(local);
  const std::int64_t second = second_of_day(local);
  const std::chrono::year_month_day date = date_of(day);
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  const Day thursday = day + 3 - weekday_of(day);  // its year is that of the ISO week
  const auto number = [](const Part& part, std::int64_t value) {
    return part.flag == '-' ? fmt::format("{}", value) : fmt::format("{:02}", value);
  };
  std::string text;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case 'l':
        text += part.text;
        break;
      case 'Y':
        text += fmt::format("{:04}", year);
        break;
      case 'y':
        text += fmt::format("{:02}", year % 100);
        break;
      case 'G':
        text += fmt::format("{:04}", static_cast<int>(date_of(thursday).year()));
        break;
      case 'V':
        text += number(part, (thursday - day_of(date_of(thursday).year() / 1 / 1)) / 7 + 1);
        break;
      case 'm':
        text += number(part, month);
        break;
      case 'd':
        text += number(part, static_cast<unsigned>(date.day()));
        break;
      case 'j':
        text += fmt::format("{:03}", day - day_of(date.year() / 1 / 1) + 1);
        break;
      case 'H':
        text += number(part, second / 3600);
        break;
      case 'I':
        text += number(part, (second / 3600 + 11) % 12 + 1);
        break;
      case 'M':
        text += fmt::format("{:02}", second / 60 % 60);
        break;
      case 'S':
        text += fmt::format("{:02}", second % 60);
        break;
      case 'Q':
        text += fmt::format("{}", (month + 2) / 3);
        break;
      case 'p':
        text += second < 12 * 3600 ? "AM" : "PM";
        break;
      case 'b':
        text += months[month - 1].substr(0, short_name);
        break;
      case 'B':
        text += months[month - 1];
        break;
      case 'a':
        text += weekdays[static_cast<std::size_t>(weekday_of(day))].substr(0, short_name);
        break;
      case 'A':
        text += weekdays[static_cast<std::size_t>(weekday_of(day))];
        break;
      case 'f':
        text += std::string(part.flag == 0 ? 6 : static_cast<std::size_t>(part.flag - '0'), '0');
        break;
      case 'z': {
        std::string name = offset_name(offset);
        if (part.flag != ':') name.erase(3, 1);
        text += name;
        break;
      }
      case 'Z':
        text += offset == 0 ? "UTC" : offset_name(offset);
        break;
      default:
        text += fmt::format("{}", (local - offset) * part.scale);
        break;
    }
  }
  return text;
}

}  // namespace attune::series
