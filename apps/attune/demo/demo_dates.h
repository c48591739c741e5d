// The demo's parallel text: dates as people write them in English, and the same dates in ISO 8601.
//
// No spelling can be read as two dates: a month that is a number comes after its year, and a year of two
// digits has an apostrophe and stands for 1950 to 2049. Dates are those of 1900 to 2099.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attune::command {

struct DatePair {
  std::string source, target;  // "Friday, June 8, 1990" and "1990-06-08"
};

struct DateCorpus {
  std::vector<DatePair> training, held_out;
};

// Every tenth date or so, the same ones whatever the seed: no spelling of it is ever in the training text.
bool is_held_out(std::chrono::sys_days date);

// Pseudo-random dates in pseudo-random spellings, the same ones for the same seed on any machine.
DateCorpus demo_dates(std::int64_t training, std::int64_t held_out, std::uint64_t seed);

// The ways of writing a date, before a capital or a comma is left out: "{weekday}, {month} {d}, {y}".
std::span<const char* const> date_formats();

// A date in one of these formats.
std::string spell(std::chrono::sys_days date, const char* format);

// Twenty spellings of held-out dates, written by hand.
std::span<const DatePair> unseen_dates();

// A pair a line, a tab between its sides.
std::string tab_separated(std::span<const DatePair> pairs);

}  // namespace attune::command
