#include "attune/series/time/grid.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"
#include "attune/series/time/time_pattern.h"

namespace attune::series {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Unit = Frequency::Unit;

const TimePattern minutes("%Y-%m-%d %H:%M"), days("%Y-%m-%d");

Time minute(const std::string& text) { return minutes.parse(text)->local; }
Time day(const std::string& text) { return days.parse(text)->local; }

// As the clocks of the grid show them.
std::vector<std::string> dates(const Grid& grid, std::int64_t first, std::int64_t count,
                               const TimePattern& pattern = days) {
  std::vector<std::string> texts;
  for (std::int64_t step = first; step < first + count; ++step)
    texts.push_back(pattern.write(grid.local(grid.at(step)), 0));
  return texts;
}

TEST(FrequencyTest, ReadsNamesAndWritesThoseOfPandas) {
  for (const auto& [read, written] : std::vector<std::pair<std::string, std::string>>{
           {"15min", "15min"}, {"t", "min"},      {"H", "h"},     {"hourly", "h"},  {"15 minutes", "15min"},
           {"60min", "h"},     {"3600s", "h"},    {"24h", "24h"}, {"7D", "W"},      {"d", "D"},
           {"B", "B"},         {"W-SUN", "W"},    {"m", "MS"},    {"ME", "ME"},     {"3MS", "QS"},
           {"12MS", "YS"},     {"Q-DEC", "QS"},   {"QE", "QE"},   {"yearly", "YS"}, {"2W", "2W"},
           {"30s", "30s"},     {"2 weeks", "2W"}, {"min", "min"}, {"6MS", "2QS"}}) {
    EXPECT_EQ(name_of(frequency_from_name(read)), written) << read;
  }
  EXPECT_EQ(frequency_from_name("15min"), (Frequency{Unit::minute, 15}));
  EXPECT_EQ(in_words({Unit::minute, 15}), "15 minutes");
  EXPECT_EQ(in_words({Unit::hour}), "1 hour");
  for (const char* const wrong : {"", "x", "0h", "-1h", "h2", "99999999999999999999h", "15", "ms", "hs"})
    EXPECT_THROW(frequency_from_name(wrong), UsageError) << wrong;
}

TEST(FrequencyTest, HasSeasons) {
  EXPECT_EQ(season_of({Unit::hour}), 24);
  EXPECT_EQ(season_of({Unit::hour, 5}), 1);
  EXPECT_EQ(season_of({Unit::minute, 15}), 96);
  EXPECT_EQ(season_of({Unit::day}), 7);
  EXPECT_EQ(season_of({Unit::month}), 12);
  EXPECT_EQ(season_of({Unit::year}), 1);
}

TEST(GridTest, CountsTimeThatPasses) {
  const Grid grid(minute("2016-07-01 00:00"), {Unit::minute, 15});
  EXPECT_EQ(grid.at(3), minute("2016-07-01 00:45"));
  EXPECT_EQ(grid.at(-1), minute("2016-06-30 23:45"));
  EXPECT_EQ(grid.floor(minute("2016-07-01 00:44")), 2);
  EXPECT_EQ(grid.floor(minute("2016-06-30 23:59")), -1);
}

TEST(GridTest, KeepsMidnightWhenClocksChange) {
  const auto zone = open_zone("Europe/Berlin");
  const Grid grid(zone->moment(day("2016-10-29")), {Unit::day}, "Europe/Berlin");
  EXPECT_THAT(dates(grid, 0, 3, minutes),
              ElementsAre("2016-10-29 00:00", "2016-10-30 00:00", "2016-10-31 00:00"));
  EXPECT_EQ(grid.at(2) - grid.at(1), 25 * 3600);
  EXPECT_EQ(grid.floor(grid.at(2) - 1), 1);
  const Grid hours(grid.at(1), {Unit::hour}, "Europe/Berlin");
  EXPECT_THAT(dates(hours, 1, 3, minutes),
              ElementsAre("2016-10-30 01:00", "2016-10-30 02:00", "2016-10-30 02:00"));
}

TEST(GridTest, CountsMonths) {
  const Grid last(day("2016-01-31"), {Unit::month});
  EXPECT_THAT(dates(last, 0, 4), ElementsAre("2016-01-31", "2016-02-29", "2016-03-31", "2016-04-30"));
  const Grid at_end(day("2015-02-28"), {Unit::month, 1, true});
  EXPECT_THAT(dates(at_end, -1, 3), ElementsAre("2015-01-31", "2015-02-28", "2015-03-31"));
  const Grid quarters(day("2015-11-01"), {Unit::quarter});
  EXPECT_THAT(dates(quarters, 0, 3), ElementsAre("2015-11-01", "2016-02-01", "2016-05-01"));
  const Grid years(day("2016-02-29"), {Unit::year});
  EXPECT_THAT(dates(years, 0, 5),
              ElementsAre("2016-02-29", "2017-02-28", "2018-02-28", "2019-02-28", "2020-02-29"));
  EXPECT_EQ(last.floor(day("2016-02-28")), 0);
  EXPECT_EQ(last.floor(day("2016-02-29")), 1);
}

TEST(GridTest, CountsBusinessDaysAndWeeks) {
  const Grid business(day("2016-07-01"), {Unit::business_day});  // a Friday
  EXPECT_THAT(dates(business, -1, 4), ElementsAre("2016-06-30", "2016-07-01", "2016-07-04", "2016-07-05"));
  EXPECT_EQ(business.floor(day("2016-07-03")), 0);
  EXPECT_EQ(business.floor(day("2016-07-04")), 1);
  const Grid weeks(day("2016-07-01"), {Unit::week, 2});
  EXPECT_THAT(dates(weeks, 0, 2), ElementsAre("2016-07-01", "2016-07-15"));
}

TEST(GridTest, FloorIsTheLastStepBefore) {
  for (const char* const name :
       {"45s", "15min", "6h", "D", "3D", "B", "W", "MS", "5MS", "ME", "QS", "QE", "YS"}) {
    for (const char* const zone : {"", "America/New_York", "+05:30"}) {
      const Grid grid(minute("2015-12-31 05:00"), frequency_from_name(name), zone);
      for (std::int64_t step = -40; step < 40; ++step) {
        ASSERT_EQ(grid.floor(grid.at(step)), step) << name << " " << zone;
        ASSERT_EQ(grid.floor(grid.at(step + 1) - 1), step) << name << " " << zone;
      }
    }
  }
}

TEST(GridTest, RefusesWhatIsOutOfRange) {
  EXPECT_THROW(Grid(0, {}, "Europe/Nowhere"), UsageError);
  EXPECT_THROW(Grid(0, {}, "GMT+99"), UsageError);
  EXPECT_THROW(Grid(0, {Unit::year}).at(9000), Error);
  EXPECT_THROW(Grid(0, {Unit::day}).at(-1'000'000), Error);
}

TEST(ZoneTest, TellsRepeatedAndMissingHours) {
  const auto zone = open_zone("Europe/Berlin");
  EXPECT_EQ(zone->offset(minute("2016-07-01 00:00")), 7200);
  EXPECT_EQ(zone->offset(minute("1970-07-01 00:00")), 3600);  // before summer time came back
  EXPECT_EQ(zone->offset(minute("2150-07-01 00:00")), 7200);
  const auto twice = zone->moments(minute("2016-10-30 02:30"));
  EXPECT_EQ(twice.first, minute("2016-10-30 00:30"));
  EXPECT_EQ(twice.second, minute("2016-10-30 01:30"));
  EXPECT_FALSE(zone->moments(minute("2016-03-27 02:30")).first);
  EXPECT_EQ(zone->moment(minute("2016-03-27 02:30")), minute("2016-03-27 01:30"));  // shows 03:30
  EXPECT_EQ(open_zone("+05:30")->offset(0), 19800);
  EXPECT_EQ(open_zone(""), nullptr);
}

}  // namespace
}  // namespace attune::series
