#include "apps/attune/demo/demo_dates.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "attune/tensor/random.h"

namespace attune::command {
namespace {

namespace chrono = std::chrono;
using chrono::sys_days, chrono::year_month_day;

constexpr std::array kMonths{"January", "February", "March",     "April",   "May",      "June",
                             "July",    "August",   "September", "October", "November", "December"};
constexpr std::array kWeekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array kOrdinals{
    "first",        "second",       "third",          "fourth",        "fifth",        "sixth",
    "seventh",      "eighth",       "ninth",          "tenth",         "eleventh",     "twelfth",
    "thirteenth",   "fourteenth",   "fifteenth",      "sixteenth",     "seventeenth",  "eighteenth",
    "nineteenth",   "twentieth",    "twenty-first",   "twenty-second", "twenty-third", "twenty-fourth",
    "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth",
    "thirty-first"};

// d, dd: day; th: 3rd; ordinal: third; mm, mon, month: month; y, yy: year; wd, weekday: Mon, Monday.
constexpr std::array kFormats{
    "{y}-{mm}-{dd}",
    "{y}/{mm}/{dd}",
    "{y}.{mm}.{dd}",
    "{y}{mm}{dd}",
    "{d} {month} {y}",
    "{dd} {mon} {y}",
    "{month} {d}, {y}",
    "{mon} {d}, {y}",
    "{mon}. {d}, {y}",
    "{month} {th}, {y}",
    "{mon} {th}, {y}",
    "{th} {month} {y}",
    "{th} of {month}, {y}",
    "the {th} of {month} {y}",
    "the {ordinal} of {month} {y}",
    "{month} the {ordinal}, {y}",
    "{weekday}, {month} {d}, {y}",
    "{weekday} {d} {month} {y}",
    "{weekday}, {th} {month} {y}",
    "{weekday} the {th} of {month}, {y}",
    "{weekday}, the {ordinal} of {month}, {y}",
    "{wd}, {dd} {mon} {y}",
    "{wd} {mon} {d} {y}",
    "{dd}-{mon}-{y}",
    "{d}/{mon}/{y}",
    "{y}-{mon}-{dd}",
    "{y} {month} {d}",
    "{d} {month} '{yy}",
    "{month} {d}, '{yy}",
};

const std::array<DatePair, 20> kUnseen{{
    {"friday 8 june 1990", "1990-06-08"},
    {"Sunday, March 11th, 1900", "1900-03-11"},
    {"30 april 1910", "1910-04-30"},
    {"the 22nd of June, 1920", "1920-06-22"},
    {"18/DEC/1930", "1930-12-18"},
    {"FRI, 06 DEC 1940", "1940-12-06"},
    {"Aug. 1, 1951", "1951-08-01"},
    {"wednesday the 14th of march 1962", "1962-03-14"},
    {"January 1, '72", "1972-01-01"},
    {"the twenty-second of august 1981", "1981-08-22"},
    {"17-jul-1992", "1992-07-17"},
    {"july the twenty-third, 2002", "2002-07-23"},
    {"4 November '12", "2012-11-04"},
    {"2023/04/20", "2023-04-20"},
    {"20330128", "2033-01-28"},
    {"Sat Mar 28 2043", "2043-03-28"},
    {"2053 MARCH 5", "2053-03-05"},
    {"4th of april 2062", "2062-04-04"},
    {"Wednesday, the thirteenth of April, 2072", "2072-04-13"},
    {"2081.05.29", "2081-05-29"},
}};

constexpr sys_days kFirst = chrono::January / 1 / 1900, kLast = chrono::December / 31 / 2099;

const char* ordinal_suffix(unsigned day) {
  if (day / 10 == 1) return "th";
  return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

// ASCII: whatever the locale is.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// As people type: half of them with capitals and commas as they should be.
std::string retype(std::string text, Generator& generator) {
  switch (uniform_integer(generator, 4)) {
    case 0:
      std::transform(text.begin(), text.end(), text.begin(), lower);
      break;
    case 1:
      std::transform(text.begin(), text.end(), text.begin(), upper);
      break;
  }
  if (uniform_integer(generator, 4) == 0) std::erase(text, ',');
  return text;
}

std::string iso(sys_days date) { return spell(date, "{y}-{mm}-{dd}"); }

bool suits(const char* format, sys_days date) {
  const int year(year_month_day(date).year());
  return std::string_view(format).find("{yy}") == std::string_view::npos || (year >= 1950 && year <= 2049);
}

DatePair random_pair(bool held_out, Generator& generator) {
  const auto days = static_cast<std::uint64_t>((kLast - kFirst).count()) + 1;
  while (true) {
    const sys_days date = kFirst + chrono::days(uniform_integer(generator, days));
    const char* format = kFormats[uniform_integer(generator, kFormats.size())];
    if (is_held_out(date) != held_out || !suits(format, date)) continue;
    return {retype(spell(date, format), generator), iso(date)};
  }
}

}  // namespace

std::string spell(sys_days date, const char* format) {
  const year_month_day ymd(date);
  const unsigned day(ymd.day()), month(ymd.month());
  const int year(ymd.year());
  const std::string weekday = kWeekdays[chrono::weekday(date).c_encoding()], name = kMonths[month - 1];
  fmt::dynamic_format_arg_store<fmt::format_context> words;
  words.push_back(fmt::arg("d", day));
  words.push_back(fmt::arg("dd", fmt::format("{:02}", day)));
  words.push_back(fmt::arg("th", fmt::format("{}{}", day, ordinal_suffix(day))));
  words.push_back(fmt::arg("ordinal", kOrdinals[day - 1]));
  words.push_back(fmt::arg("mm", fmt::format("{:02}", month)));
  words.push_back(fmt::arg("mon", name.substr(0, 3)));
  words.push_back(fmt::arg("month", name));
  words.push_back(fmt::arg("y", year));
  words.push_back(fmt::arg("yy", fmt::format("{:02}", year % 100)));
  words.push_back(fmt::arg("wd", weekday.substr(0, 3)));
  words.push_back(fmt::arg("weekday", weekday));
  return fmt::vformat(format, words);
}

bool is_held_out(sys_days date) {
  // The finalizer of SplitMix64: neighbouring days are held out independently of each other.
  auto hash = static_cast<std::uint64_t>((date - kFirst).count());
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return (hash ^ (hash >> 31)) % 10 == 4;  // Which holds out 8 June 1990, the example of the help.
}

DateCorpus demo_dates(std::int64_t training, std::int64_t held_out, std::uint64_t seed) {
  Generator generator{.seed = seed};
  DateCorpus corpus;
  for (std::int64_t i = 0; i < training; ++i) corpus.training.push_back(random_pair(false, generator));
  for (std::int64_t i = 0; i < held_out; ++i) corpus.held_out.push_back(random_pair(true, generator));
  return corpus;
}

std::span<const char* const> date_formats() { return kFormats; }

std::span<const DatePair> unseen_dates() { return kUnseen; }

std::string tab_separated(std::span<const DatePair> pairs) {
  std::string text;
  for (const auto& [source, target] : pairs) text += source + '\t' + target + '\n';
  return text;
}

}  // namespace attune::command
