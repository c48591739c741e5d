#include "attune/series/time/time_pattern.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"
#include "attune/series/time/find_frequency.h"
#include "attune/series/time/find_pattern.h"

namespace attune::series {
namespace {

using ::testing::HasSubstr;

constexpr Time afternoon = 1467380700;  // 2016-07-01 13:45:00

TEST(TimePatternTest, ReadsAndWrites) {
  for (const auto& [format, text] :
       std::vector<std::pair<std::string, std::string>>{{"%Y-%m-%d %H:%M:%S", "2016-07-01 13:45:00"},
                                                        {"%Y-%m-%dT%H:%M:%S.%3f", "2016-07-01T13:45:00.000"},
                                                        {"%d.%m.%Y %H:%M", "01.07.2016 13:45"},
                                                        {"%-m/%-d/%Y %-I:%M %p", "7/1/2016 1:45 PM"},
                                                        {"%b %-d, %Y %H:%M", "Jul 1, 2016 13:45"},
                                                        {"%A %-d %B %y %I.%M%p", "Friday 1 July 16 01.45PM"},
                                                        {"%Y%m%dT%H%M", "20160701T1345"},
                                                        {"%Y-%j %H:%M", "2016-183 13:45"},
                                                        {"%G-W%V-%a %H:%M", "2016-W26-Fri 13:45"},
                                                        {"s", "1467380700"},
                                                        {"ms", "1467380700000"}}) {
    const TimePattern pattern(format);
    EXPECT_EQ(pattern.write(afternoon, 0), text) << format;
    // A week date is that of its Monday, as a series of weeks needs.
    const Time expected = format.starts_with("%G") ? afternoon - 4 * seconds_a_day : afternoon;
    const auto stamp = pattern.parse(text);
    ASSERT_TRUE(stamp) << text;
    EXPECT_EQ(stamp->local, expected) << text;
  }
}

TEST(TimePatternTest, ReadsOffsets) {
  const TimePattern pattern("%Y-%m-%d %H:%M%:z");
  EXPECT_EQ(pattern.write(afternoon, 5400), "2016-07-01 13:45+01:30");
  for (const auto& [text, offset] :
       std::vector<std::pair<std::string, std::int64_t>>{{"2016-07-01 13:45+01:30", 5400},
                                                         {"2016-07-01 13:45-0800", -28800},
                                                         {"2016-07-01 13:45+02", 7200},
                                                         {"2016-07-01 13:45Z", 0}}) {
    const auto stamp = pattern.parse(text);
    ASSERT_TRUE(stamp) << text;
    EXPECT_EQ(stamp->local, afternoon);
    EXPECT_EQ(stamp->offset, offset);
  }
  const TimePattern utc("%Y-%m-%dT%H:%MZ");
  EXPECT_EQ(utc.parse("2016-07-01T13:45Z")->offset, 0);
  EXPECT_EQ(utc.write(afternoon, 7200), "2016-07-01T11:45Z");  // Z stays true
  EXPECT_EQ(TimePattern("s").write(afternoon, 7200), "1467373500");
}

TEST(TimePatternTest, ReadsHoursOfTwelve) {
  const TimePattern pattern("%Y-%m-%d %I:%M %p");
  EXPECT_EQ(pattern.parse("2016-07-01 12:05 am")->local, afternoon - 13 * 3600 - 40 * 60);
  EXPECT_EQ(pattern.parse("2016-07-01 12:45 PM")->local, afternoon - 3600);
  EXPECT_EQ(pattern.write(afternoon - 13 * 3600, 0), "2016-07-01 12:45 AM");
}

TEST(TimePatternTest, RefusesWhatIsNoTime) {
  const TimePattern pattern("%Y-%m-%d %H:%M:%S");
  for (const char* const wrong : {"", "2016", "2016-02-30 00:00:00", "2016-13-01 00:00:00",
                                  "2016-07-01 24:00:00", "2016-07-01 00:60:00", "2016-07-01 00:00:00 ",
                                  "2016-07-01 00:00:00.", "x", "0000-01-01 00:00:00", "2016-07-01T00:00:00"})
    EXPECT_FALSE(pattern.parse(wrong)) << wrong;
  EXPECT_TRUE(pattern.parse("2016-07-01 00:00:00.25")->has_fraction);
  EXPECT_FALSE(pattern.parse("2016-07-01 00:00:00.000")->has_fraction);
  EXPECT_FALSE(TimePattern("s").parse("99999999999999"));  // after the year 9999
  for (const char* const wrong : {"", "%q", "%H:%M", "date", "%Y-%", "%F"})
    EXPECT_THROW(TimePattern{wrong}, UsageError) << wrong;
}

using Formats = std::pair<std::string, std::string>;

// The format found for values, and the other that fits too.
Formats found(const std::vector<std::string>& values) {
  const auto pattern = find_pattern(values, /*may_be_number=*/true);
  if (!pattern) return {"none", ""};
  return {pattern->pattern.format(), pattern->other ? pattern->other->format() : ""};
}

TEST(FindPatternTest, FindsFormats) {
  for (const auto& [value, format] : std::vector<std::pair<std::string, std::string>>{
           {"2016-07-01", "%Y-%m-%d"},
           {"2016-07-01 13:45", "%Y-%m-%d %H:%M"},
           {"2016-07-01 13:45:00", "%Y-%m-%d %H:%M:%S"},
           {"2016-07-01T13:45:00Z", "%Y-%m-%dT%H:%M:%SZ"},
           {"2016-07-01T13:45:00.000Z", "%Y-%m-%dT%H:%M:%S.%3fZ"},
           {"2016-07-01 13:45:00+02:00", "%Y-%m-%d %H:%M:%S%:z"},
           {"2016-07-01 13:45:00 +0200", "%Y-%m-%d %H:%M:%S %z"},
           {"2016-07-01 13:45:00 UTC", "%Y-%m-%d %H:%M:%S %Z"},
           {"2016/07/01", "%Y/%m/%d"},
           {"01.07.2016 13:45", "%d.%m.%Y %H:%M"},
           {"25/12/2016", "%d/%m/%Y"},
           {"12/25/2016 1:45 PM", "%m/%d/%Y %-I:%M %p"},
           {"20160701", "%Y%m%d"},
           {"2016070113", "%Y%m%d%H"},
           {"20160701T134500", "%Y%m%dT%H%M%S"},
           {"201607", "%Y%m"},
           {"2016-07", "%Y-%m"},
           {"2016Q3", "%YQ%Q"},
           {"2016-Q3", "%Y-Q%Q"},
           {"2016", "%Y"},
           {"Jul 1, 2016", "%b %-d, %Y"},
           {"1 July 2016", "%-d %B %Y"},
           {"01-Jul-2016", "%d-%b-%Y"},
           {"Fri, 01 Jul 2016 13:45:00 +0200", "%a, %d %b %Y %H:%M:%S %z"},
           {"2016-W26", "%G-W%V"},
           {"1467331200", "s"},
           {"1467331200.5", "s"},
           {"1467331200000", "ms"},
           {"3.14", "none"},
           {"hello", "none"},
           {"12", "none"},
           {"2016-02-30", "none"}})
    EXPECT_EQ(found({value}).first, format) << value;
}

TEST(FindPatternTest, DecidesDayAndMonthByAllValues) {
  EXPECT_EQ(found({"01/02/2016", "02/02/2016"}), Formats("%d/%m/%Y", "%m/%d/%Y"));
  EXPECT_EQ(found({"01/02/2016", "13/02/2016"}), Formats("%d/%m/%Y", ""));
  EXPECT_EQ(found({"01/02/2016", "01/13/2016"}), Formats("%m/%d/%Y", ""));
  EXPECT_EQ(found({"13/01/2016", "01/13/2016"}).first, "none");
}

TEST(FindPatternTest, SeesLeadingZerosInAllValues) {
  EXPECT_EQ(found({"10/20/2016", "9/20/2016"}).first, "%-m/%-d/%Y");
  EXPECT_EQ(found({"10/20/2016", "09/20/2016"}).first, "%m/%d/%Y");
  EXPECT_EQ(found({"May 1, 2016", "June 1, 2016"}).first, "%B %-d, %Y");
}

std::string frequency_of(const std::vector<std::string>& texts, const char* zone = "") {
  const TimePattern pattern("%Y-%m-%d %H:%M"), days("%Y-%m-%d");
  const auto clock = open_zone(zone);
  FrequencyFinder finder(clock);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Time local = (texts[i].size() > 10 ? pattern : days).parse(texts[i])->local;
    finder.add(clock == nullptr ? local : clock->moment(local), i == 0);
  }
  const auto found = finder.find();
  return found ? name_of(found->frequency) : "none";
}

TEST(FindFrequencyTest, TakesTheMostFrequentDistance) {
  EXPECT_EQ(frequency_of({"2016-07-01 00:00", "2016-07-01 00:15", "2016-07-01 00:30", "2016-07-01 02:00"}),
            "15min");
  EXPECT_EQ(frequency_of({"2016-07-01", "2016-07-02", "2016-07-03", "2016-07-10"}), "D");
  EXPECT_EQ(frequency_of({"2016-07-01", "2016-07-08", "2016-07-15"}), "W");
  EXPECT_EQ(frequency_of({"2016-07-01 06:00", "2016-07-02 18:00", "2016-07-04 06:00"}), "36h");
  EXPECT_EQ(frequency_of({"2016-07-01"}), "none");
  EXPECT_EQ(frequency_of({"2016-07-01", "2016-07-01"}), "none");
}

TEST(FindFrequencyTest, KnowsTheCalendar) {
  EXPECT_EQ(frequency_of({"2016-01-01", "2016-02-01", "2016-03-01", "2016-05-01"}), "MS");
  EXPECT_EQ(frequency_of({"2016-02-29", "2016-03-31", "2016-04-30"}), "ME");
  EXPECT_EQ(frequency_of({"2016-01-30", "2016-02-29", "2016-03-30"}), "MS");
  EXPECT_EQ(frequency_of({"2016-01-01", "2016-04-01", "2016-07-01"}), "QS");
  EXPECT_EQ(frequency_of({"2015-12-31", "2016-12-31", "2017-12-31"}), "YE");
  EXPECT_EQ(frequency_of({"2016-01-01", "2016-01-31", "2016-03-01"}), "30D");
  EXPECT_EQ(frequency_of({"2016-06-30", "2016-07-01", "2016-07-04", "2016-07-05"}), "B");
  EXPECT_EQ(frequency_of({"2016-07-01", "2016-07-02", "2016-07-03", "2016-07-04"}), "D");
}

TEST(FindFrequencyTest, CountsDaysByTheClocks) {
  EXPECT_EQ(frequency_of({"2016-10-29", "2016-10-30", "2016-10-31"}, "Europe/Berlin"), "D");
  EXPECT_EQ(frequency_of({"2016-03-26", "2016-03-27", "2016-03-28"}, "Europe/Berlin"), "D");
  EXPECT_EQ(frequency_of({"2016-03-01", "2016-04-01", "2016-05-01"}, "Europe/Berlin"), "MS");
}

}  // namespace
}  // namespace attune::series
