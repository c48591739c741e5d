// Against the Time-Series-Library, pandas and the Python package holidays: tests/goldens/make_calendar.py.
#include "attune/series/calendar/calendar.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/series/tables/read_panel.h"
#include "attune/series/time/time_pattern.h"

namespace attune::series {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const json& golden() {
  static const json result = json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/calendar.json"));
  return result;
}

Time time_of(const std::string& text) { return TimePattern("%Y-%m-%d %H:%M:%S").parse(text)->local; }
Day day_of(const std::string& text) { return day_of_time(TimePattern("%Y-%m-%d").parse(text)->local); }
std::string iso(Day day) { return TimePattern("%Y-%m-%d").write(day * seconds_a_day, 0); }

std::vector<std::int64_t> values(const Calendar& calendar, std::int64_t step) {
  std::vector<std::int64_t> out(calendar.fields().size());
  calendar.values(step, out);
  return out;
}

TEST(CalendarTest, ScalesFieldsAsTheTimeSeriesLibrary) {
  ASSERT_EQ(golden()["features"].size(), 8U);
  for (const auto& [name, expected] : golden()["features"].items()) {
    const Frequency frequency = frequency_from_name(name);
    const Calendar calendar(Grid(day_of(expected["start"]) * seconds_a_day, frequency), fields_of(frequency));
    for (std::size_t i = 0; i < expected["steps"].size(); ++i) {
      const auto found = values(calendar, expected["steps"][i]);
      ASSERT_EQ(found.size(), expected["values"][i].size()) << name;
      for (std::size_t field = 0; field < found.size(); ++field) {
        ASSERT_LT(found[field], calendar.size(field));
        ASSERT_EQ(calendar.scaled(field, found[field]), expected["values"][i][field].get<float>())
            << name << ", step " << expected["steps"][i] << ", " << name_of(calendar.fields()[field]);
      }
    }
  }
}

TEST(CalendarTest, HasTheHolidaysOfCountries) {
  ASSERT_EQ(golden()["holidays"].size(), 6U);
  for (const auto& [country, expected] : golden()["holidays"].items()) {
    const auto holidays = open_holidays(country);
    std::vector<std::string> days;
    for (Day day = day_of("2000-01-01"); day <= day_of("2030-12-31"); ++day) {
      if (const auto number = holidays->on(day)) {
        ASSERT_LT(*number, static_cast<std::int64_t>(holidays->names().size()));
        days.push_back(iso(day));
      }
    }
    EXPECT_EQ(days, expected.get<std::vector<std::string>>()) << country;
  }
}

TEST(CalendarTest, NamesHolidays) {
  const auto name_on = [](const char* country, const char* day) {
    const auto holidays = open_holidays(country);
    const auto number = holidays->on(day_of(day));
    return number ? holidays->names()[static_cast<std::size_t>(*number)] : "none";
  };
  EXPECT_EQ(name_on("US", "2021-12-31"), "New Year's Day");  // observed, as January 1 is a Saturday
  EXPECT_EQ(name_on("US", "1950-02-22"), "Washington's Birthday");
  EXPECT_EQ(name_on("CN", "1985-02-20"), "Spring Festival");
  EXPECT_EQ(name_on("JP", "2009-09-22"), "Citizens' holiday");
  EXPECT_EQ(name_on("GB", "2022-06-03"), "none");  // the jubilee
  EXPECT_EQ(name_on("DE", "1985-06-17"), "Tag der Deutschen Einheit");
}

TEST(CalendarTest, TellsTheDistanceToHolidays) {
  const Calendar calendar(Grid(time_of("2016-12-20 00:00:00"), {Frequency::Unit::day}),
                          {Field::holiday_distance}, open_holidays("US"));
  std::vector<std::int64_t> distances;
  for (std::int64_t step = 0; step < 12; ++step) distances.push_back(values(calendar, step)[0]);
  // Christmas is a Sunday: Monday is kept too; then New Year's Day.
  EXPECT_THAT(distances, ElementsAre(7, 7, 0, 1, 2, 3, 3, 4, 5, 6, 1, 2));
  EXPECT_EQ(calendar.size(0), 8);
}

TEST(CalendarTest, HasSeasonsAndHolidays) {
  const Calendar calendar(Grid(time_of("2015-12-01 00:00:00"), {Frequency::Unit::month}),
                          {Field::season, Field::month, Field::holiday}, open_holidays("DE"));
  std::vector<std::int64_t> seasons;
  for (std::int64_t step = 0; step < 13; ++step) seasons.push_back(values(calendar, step)[0]);
  EXPECT_THAT(seasons, ElementsAre(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0));
  EXPECT_THAT(values(calendar, 1), ElementsAre(0, 0, 1));  // Neujahr is the first
  EXPECT_EQ(calendar.scaled(2, 0), -0.5F);
  EXPECT_EQ(calendar.scaled(2, 5), 0.5F);
}

TEST(CalendarTest, FollowsTheClocksOfItsZone) {
  // 2016-10-30 00:00 UTC: the clocks show 02:00, then 02:00 again.
  const Calendar calendar(Grid(time_of("2016-10-30 00:00:00"), {Frequency::Unit::hour}, "Europe/Berlin"),
                          {Field::hour, Field::day});
  EXPECT_THAT(values(calendar, 0), ElementsAre(2, 29));
  EXPECT_THAT(values(calendar, 1), ElementsAre(2, 29));
  EXPECT_THAT(values(calendar, 2), ElementsAre(3, 29));
  EXPECT_THAT(values(calendar, -3), ElementsAre(23, 28));
}

TEST(CalendarTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(field_from_name("moon"), UsageError);
  EXPECT_THROW(open_holidays("XX"), UsageError);
  EXPECT_THROW(Calendar(Grid(), {Field::holiday}), UsageError);
}

class HolidayFileTest : public ::testing::Test {
 protected:
  std::string write(const std::string& text) const {
    const auto path = directory_.path() / "holidays.csv";
    io::write_text_atomically(path, text);
    return path.string();
  }
  io::TestDirectory directory_;
};

TEST_F(HolidayFileTest, ReadsDatesAndNames) {
  const auto holidays =
      open_holidays(write("date,name\n# fair\n2016-05-03,Fair\n\n2017-05-02;Fair\n2016-06-01\tDay\n"));
  EXPECT_THAT(holidays->names(), ElementsAre("Fair", "Day"));
  EXPECT_EQ(holidays->on(day_of("2017-05-02")), 0);
  EXPECT_EQ(holidays->on(day_of("2016-06-01")), 1);
  EXPECT_EQ(holidays->on(day_of("2016-06-02")), std::nullopt);
  EXPECT_EQ(holidays->on(day_of("1950-01-01")), std::nullopt);
}

TEST_F(HolidayFileTest, NamesTheLineOfWhatIsNoDate) {
  const auto error = [&](const std::string& text) -> std::string {
    try {
      open_holidays(write(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error("2016-05-03\n2016-13-01,x\n"), HasSubstr("line 2 is \"2016-13-01,x\""));
  EXPECT_THAT(error("# nothing\n"), HasSubstr("holds no date"));
}

}  // namespace
}  // namespace attune::series
