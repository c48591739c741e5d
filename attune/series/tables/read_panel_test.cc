#include "attune/series/tables/read_panel.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::series {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::NanSensitiveDoubleEq;
using ::testing::Pointwise;

const double nan = std::nan("");

class ReadPanelTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& text, const std::string& name = "a.csv") const {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
  ReadPanel read(const std::string& text, const PanelOptions& options = {}) const {
    return read_panel(write(text), options);
  }
  std::string error(const std::string& text, const PanelOptions& options = {}) const {
    try {
      read(text, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  // What stands in the row of each step, first of times: "2016-07-01".
  static std::vector<std::string> times(const ReadPanel& read) {
    std::vector<std::string> texts;
    for (const Span& span : read.panel.spans) {
      for (std::int64_t step = span.first_step; step < span.end_step(); ++step)
        texts.push_back(format_time(read.panel.grid.at(step), read.panel.grid.zone(), read.format));
    }
    return texts;
  }

  io::TestDirectory directory_;
};

void expect_values(const ReadPanel& read, const std::vector<double>& expected) {
  ASSERT_EQ(read.panel.values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_THAT(read.panel.values[i], NanSensitiveDoubleEq(expected[i])) << i;
}

TEST_F(ReadPanelTest, FindsEverythingByItself) {
  const ReadPanel read =
      this->read("date,city,a,b\n2016-07-01,x,1,0.5\n2016-07-02,x,2,1e3\n2016-07-03,y,-3,+4\n");
  EXPECT_THAT(read.panel.columns, ElementsAre("a", "b"));
  EXPECT_EQ(read.panel.targets, 2);
  EXPECT_EQ(name_of(read.panel.grid.frequency()), "D");
  ASSERT_EQ(read.panel.spans.size(), 1U);
  EXPECT_EQ(read.panel.spans[0].length, 3);
  EXPECT_EQ(read.panel.grid.origin(), 1467331200);
  expect_values(read, {1, 0.5, 2, 1000, -3, 4});
  EXPECT_EQ(read.format.time_column, "date");
  EXPECT_EQ(read.format.time_format, "%Y-%m-%d");
  EXPECT_THAT(read.notes, Contains(HasSubstr("left aside, as they are not numbers: \"city\" (\"x\")")));
  EXPECT_THAT(read.notes, Contains("times: column \"date\" as %Y-%m-%d, every 1 day"));
}

TEST_F(ReadPanelTest, ReadsSemicolonsAndDecimalCommas) {
  const ReadPanel read =
      this->read("\xEF\xBB\xBF\"Datum\";\"Last; MW\"\r\n31.12.2016 23:00;1,5\r\n01.01.2017 00:00;2\r\n");
  EXPECT_EQ(read.format.separator, ';');
  EXPECT_EQ(read.format.decimal, ',');
  EXPECT_THAT(read.panel.columns, ElementsAre("Last; MW"));
  expect_values(read, {1.5, 2});
  EXPECT_THAT(times(read), ElementsAre("31.12.2016 23:00", "01.01.2017 00:00"));
  expect_values(this->read("t\tv\n2016-01-01\t1,5\n2016-01-02\t2,5\n"), {1.5, 2.5});
  expect_values(this->read("t|v\n2016-01-01|1\n2016-01-02|2\n"), {1, 2});
}

TEST_F(ReadPanelTest, ReadsCompressedFiles) {
  const std::string text = "date,v\n2016-07-01,1\n2016-07-02,2\n";
  const auto path = directory_.path() / "a.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  expect_values(read_panel(path, {}), {1, 2});
}

TEST_F(ReadPanelTest, ReadsAnIndexWithoutName) {
  const ReadPanel dates = read(",v\n2016-07-01,1\n2016-07-02,2\n");
  EXPECT_EQ(dates.format.time_column, "");
  expect_values(dates, {1, 2});
  // Rows that are only counted are no series.
  EXPECT_THAT(read(",date,v\n0,2016-07-01,5\n1,2016-07-02,6\n").panel.columns, ElementsAre("v"));
}

TEST_F(ReadPanelTest, TakesRolesAsGiven) {
  const ReadPanel read = this->read("t,a,b,c,d\n2016-07-01,1,2,3,4\n2016-07-02,5,6,7,8\n",
                                    {.targets = {"c"}, .past_covariates = {"a"}, .future_covariates = {"d"}});
  EXPECT_THAT(read.panel.columns, ElementsAre("c", "a", "d"));
  EXPECT_EQ(read.panel.targets, 1);
  EXPECT_EQ(read.panel.past_covariates, 1);
  EXPECT_EQ(read.panel.future_covariates, 1);
  expect_values(read, {3, 1, 4, 7, 5, 8});
}

constexpr const char* long_table =
    "store,date,v\n"
    "b,2016-07-02,1\n"
    "a,2016-07-01,10\n"
    "b,2016-07-03,2\n"
    "a,2016-07-02,11\n"
    "a,2016-07-03,12\n";

TEST_F(ReadPanelTest, ReadsSeriesOfDifferentLengths) {
  const ReadPanel read = this->read(long_table, {.id = "store"});
  ASSERT_EQ(read.panel.spans.size(), 2U);
  EXPECT_EQ(read.panel.spans[0].id, "b");
  EXPECT_EQ(read.panel.spans[0].first_step, 1);
  EXPECT_EQ(read.panel.spans[0].length, 2);
  EXPECT_EQ(read.panel.spans[1].first_row, 2);
  EXPECT_EQ(read.panel.spans[1].first_step, 0);
  expect_values(read, {1, 2, 10, 11, 12});
  EXPECT_THAT(error(long_table),
              AllOf(HasSubstr("not in the order of time"), HasSubstr("by --id (\"store\"?)")));
}

TEST_F(ReadPanelTest, FindsDaysAndMonthsByAllRows) {
  // The first value that decides comes after the rows that are looked at first.
  std::string text = "date,v\n";
  for (int year = 1000; year < 1120; ++year) {
    for (int month = 1; month <= 12; ++month) text += fmt::format("{:02}/01/{},1\n", month, year);
  }
  EXPECT_THAT(error(text), HasSubstr("may be read as %d/%m/%Y or as %m/%d/%Y, and no value tells which: give "
                                     "--time-format"));
  EXPECT_EQ(name_of(read(text, {.time_format = "%m/%d/%Y"}).panel.grid.frequency()), "MS");
  EXPECT_EQ(read(text + "01/13/1120,1\n", {.fill = Fill::mask, .resample = "MS"}).format.time_format,
            "%m/%d/%Y");
}

TEST_F(ReadPanelTest, ErrorsNameTheLine) {
  const std::string rows = "date,v\n2016-07-01,1\n2016-07-02,2\n";
  EXPECT_THAT(error(rows + "2016-07-03,two\n"), AllOf(HasSubstr("a.csv: line 4: column \"v\" is \"two\"")));
  EXPECT_THAT(error(rows + "2016-07-03,inf\n"), HasSubstr("line 4: column \"v\" is inf"));
  EXPECT_THAT(error(rows + "2016-07-03,1e999\n"), HasSubstr("line 4: column \"v\" is 1e999"));
  EXPECT_THAT(error(rows + "2016-07-03,\"1,234\"\n"), HasSubstr("line 4: column \"v\" is \"1,234\""));
  EXPECT_THAT(error(rows + "soon,3\n"), HasSubstr("line 4: column \"date\" is \"soon\""));
  EXPECT_THAT(error(rows + ",3\n"), HasSubstr("line 4: the column \"date\" has no time"));
  EXPECT_THAT(error(rows + "2016-07-03,\n"), AllOf(HasSubstr("2016-07-03 (line 4)"), HasSubstr("--fill")));
  EXPECT_THAT(error(rows + "2016-07-05,3\n"), AllOf(HasSubstr("before line 4"), HasSubstr("--fill")));
  EXPECT_THAT(error(rows + "2016-07-02,3\n"), AllOf(HasSubstr("on line 4"), HasSubstr("--resample")));
  EXPECT_THAT(error(rows + "2016-07-01,3\n2016-07-02,4\n2016-07-03,4\n"),
              HasSubstr("line 4 (2016-07-01) comes after"));
  EXPECT_THAT(error(rows + "2016-07-03\n"), HasSubstr("line 4 has 1 columns"));
}

TEST_F(ReadPanelTest, RefusesFilesThatAreNoSeries) {
  EXPECT_THAT(error(""), HasSubstr("is empty"));
  EXPECT_THAT(error("date,v\n"), HasSubstr("has a header but no row"));
  EXPECT_THAT(error("date,v\n2016-07-01,1\n"), HasSubstr("one row (line 2)"));
  EXPECT_THAT(error("a,b\n1,2\n3,4\n"), AllOf(HasSubstr("no column holds times"), HasSubstr("--time")));
  EXPECT_THAT(error("date,v\n2016-07-01,x\n2016-07-02,y\n"), HasSubstr("holds numbers"));
  EXPECT_THAT(error("2016-07-01,1\n2016-07-02,2\n"), HasSubstr("line 1 holds the time \"2016-07-01\""));
  EXPECT_THAT(error("date,v\n2016-07-01,NA\n2016-07-02,\n", {.targets = {"v"}}), HasSubstr("has no value"));
  EXPECT_THAT(error("date,v\n2016-07-01,1\n2016-07-02,2\n", {.targets = {"w"}}),
              AllOf(HasSubstr("no column \"w\" (--target)"), HasSubstr("\"date\", \"v\"")));
  EXPECT_THAT(
      error("date,v\n2016-07-01 00:00,1\n2016-07-01 00:07,2\n2016-07-01 01:00,2\n2016-07-01 02:10,2\n"),
      AllOf(HasSubstr("not regular"), HasSubstr("--resample")));
}

TEST_F(ReadPanelTest, WrongOptionsAreUsageErrors) {
  const std::string text = "date,v\n2016-07-01,1\n2016-07-02,2\n";
  EXPECT_THROW(read(text, {.targets = {"v"}, .past_covariates = {"v"}}), UsageError);
  EXPECT_THROW(read(text, {.time_zone = "Mars"}), UsageError);
  EXPECT_THROW(read(text, {.frequency = "often"}), UsageError);
  EXPECT_THROW(read(text, {.time_format = "%H"}), UsageError);
}

TEST_F(ReadPanelTest, FillsMissingValuesAndRows) {
  const std::string text = "date,v\n2016-07-01,\n2016-07-02,2\n2016-07-04,NaN\n2016-07-05,5\n2016-07-06,-\n";
  const auto filled = [&](Fill fill) { return read(text, {.fill = fill}); };
  expect_values(filled(Fill::mask), {nan, 2, nan, nan, 5, nan});
  expect_values(filled(Fill::forward), {nan, 2, 2, 2, 5, 5});
  expect_values(filled(Fill::interpolate), {nan, 2, 3, 4, 5, 5});
  expect_values(filled(Fill::zero), {0, 2, 0, 0, 5, 0});
  EXPECT_THAT(filled(Fill::zero).notes, Contains("4 missing values in 1 columns filled by 0 (zero)"));
  EXPECT_THAT(error("date,v\n2016-01-01,1\n2016-01-02,2\n9016-01-03,3\n", {.fill = Fill::mask}),
              HasSubstr("rows would be missing"));
}

TEST_F(ReadPanelTest, FillsWithinASeries) {
  const ReadPanel read =
      this->read("id,date,v\na,2016-07-01,1\na,2016-07-02,2\nb,2016-07-01,\nb,2016-07-02,3\n",
                 {.id = "id", .fill = Fill::forward});
  expect_values(read, {1, 2, nan, 3});
}

TEST_F(ReadPanelTest, PutsRowsInOrderWhenTold) {
  const std::string text = "date,v\n2016-07-03,3\n2016-07-02,2\n2016-07-01,1\n";
  EXPECT_THAT(error(text), HasSubstr("the latest comes first"));
  expect_values(read(text, {.fill = Fill::mask}), {1, 2, 3});
  expect_values(read(text, {.resample = "D"}), {1, 2, 3});
}

TEST_F(ReadPanelTest, Resamples) {
  const std::string text =
      "date,v\n2016-07-01 00:10,1\n2016-07-01 00:50,3\n2016-07-01 01:20,\n2016-07-01 01:40,4\n2016-07-01 "
      "02:00,8\n";
  const auto resampled = [&](Aggregate aggregate) {
    return read(text, {.resample = "h", .aggregate = aggregate});
  };
  expect_values(resampled(Aggregate::mean), {2, 4, 8});
  expect_values(resampled(Aggregate::sum), {4, 4, 8});
  expect_values(resampled(Aggregate::last), {3, 4, 8});
  expect_values(resampled(Aggregate::min), {1, 4, 8});
  expect_values(resampled(Aggregate::max), {3, 4, 8});
  EXPECT_THAT(times(resampled(Aggregate::mean)),
              ElementsAre("2016-07-01 00:00", "2016-07-01 01:00", "2016-07-01 02:00"));
  EXPECT_THAT(error(text, {.resample = "10min"}),
              HasSubstr("steps have no row, the first at 2016-07-01 00:20"));
  expect_values(read("date,v\n2016-07-01,1\n2016-07-31,2\n2016-08-15,3\n2016-09-01,5\n", {.resample = "MS"}),
                {1.5, 3, 5});
  // Sunday belongs to the week before.
  expect_values(read("date,v\n2016-07-02,1\n2016-07-03,2\n2016-07-04,5\n",
                     {.resample = "W", .aggregate = Aggregate::sum}),
                {3, 5});
}

TEST_F(ReadPanelTest, TakesRowsAheadAsTheFuture) {
  const std::string text = "date,v,plan\n2016-07-01,1,5\n2016-07-02,2,6\n2016-07-03,,7\n2016-07-04,,8\n";
  PanelOptions options{.targets = {"v"}, .future_covariates = {"plan"}};
  const ReadPanel read = this->read(text, options);
  expect_values(read, {1, 5, 2, 6, nan, 7, nan, 8});
  EXPECT_THAT(read.notes, Contains(HasSubstr("2 rows at the end have future covariates only")));
  options.fill = Fill::zero;  // the future is not filled
  expect_values(this->read(text, options), {1, 5, 2, 6, nan, 7, nan, 8});
  options.fill = Fill::none;
  EXPECT_THAT(error("date,v,plan\n2016-07-01,1,5\n2016-07-02,2,6\n2016-07-03,,\n", options),
              HasSubstr("line 4"));
}

TEST_F(ReadPanelTest, FollowsTheClocks) {
  std::string text =
      "time,v\n2016-10-30 01:00,1\n2016-10-30 02:00,2\n2016-10-30 02:00,3\n2016-10-30 03:00,4\n";
  const ReadPanel read = this->read(text, {.time_zone = "Europe/Berlin"});
  expect_values(read, {1, 2, 3, 4});
  EXPECT_THAT(times(read),
              ElementsAre("2016-10-30 01:00", "2016-10-30 02:00", "2016-10-30 02:00", "2016-10-30 03:00"));
  EXPECT_EQ(read.panel.grid.at(3) - read.panel.grid.origin(), 3 * 3600);
  EXPECT_THAT(error(text), AllOf(HasSubstr("line 4"), HasSubstr("--time-zone")));
  text = "time,v\n2016-03-27 00:00,0\n2016-03-27 01:00,1\n2016-03-27 03:00,2\n2016-03-27 04:00,3\n";
  expect_values(this->read(text, {.time_zone = "Europe/Berlin"}), {0, 1, 2, 3});
  EXPECT_THAT(error(text), AllOf(HasSubstr("before line 4"), HasSubstr("--time-zone")));
  EXPECT_THAT(error("time,v\n2016-03-27 02:00,1\n2016-03-27 03:00,1\n", {.time_zone = "Europe/Berlin"}),
              HasSubstr("line 2: the clocks of Europe/Berlin never show 2016-03-27 02:00"));
}

TEST_F(ReadPanelTest, TakesOffsetsFromTheTimes) {
  const ReadPanel fixed = read("time,v\n2016-07-01T00:00:00+02:00,1\n2016-07-01T01:00:00+02:00,2\n");
  EXPECT_EQ(fixed.panel.grid.zone(), "+02:00");
  EXPECT_EQ(times(fixed)[1], "2016-07-01T01:00:00+02:00");
  const std::string days =
      "time,v\n2016-10-29T00:00:00+02:00,1\n2016-10-30T00:00:00+02:00,2\n2016-10-31T00:00:00+01:00,3\n"
      "2016-11-01T00:00:00+01:00,3\n";
  EXPECT_THAT(error(days), HasSubstr("--time-zone"));
  const ReadPanel berlin = read(days, {.time_zone = "Europe/Berlin"});
  EXPECT_EQ(name_of(berlin.panel.grid.frequency()), "D");
  EXPECT_EQ(times(berlin)[2], "2016-10-31T00:00:00+01:00");
}

TEST_F(ReadPanelTest, WritesTimesAsTheyWereRead) {
  for (const char* const text :
       {"t,v\n1467331200,1\n1467334800,2\n", "t,v\n1467331200000,1\n1467334800000,2\n",
        "date,v\n2016Q3,1\n2016Q4,2\n", "year,v\n1999,1\n2000,2\n",
        "d,v\n12/31/2016 11:00 PM,1\n1/1/2017 12:00 AM,2\n"}) {
    const ReadPanel read = this->read(text);
    std::string again = fmt::format("{},v\n", read.format.time_column);
    for (std::int64_t i = 0; i < 2; ++i)
      again += fmt::format("{},{}\n", times(read)[static_cast<std::size_t>(i)], i + 1);
    EXPECT_EQ(again, text);
  }
}

TEST_F(ReadPanelTest, GivenFrequencies) {
  const std::string ends = "date,v\n2016-01-31,1\n2016-02-29,2\n2016-03-31,3\n";
  EXPECT_EQ(name_of(read(ends, {.frequency = "m"}).panel.grid.frequency()), "ME");
  EXPECT_EQ(read("date,v\n2016-07-01,1\n", {.frequency = "D"}).panel.rows(), 1);
  EXPECT_THAT(
      error("date,v\n2016-07-01 00:00,1\n2016-07-01 01:30,2\n", {.frequency = "h"}),
      AllOf(HasSubstr("not on the grid of every 1 hour"), HasSubstr("line 3"), HasSubstr("--resample h")));
}

TEST_F(ReadPanelTest, NotesConstantColumns) {
  EXPECT_THAT(read("date,v,w\n2016-07-01,1,5\n2016-07-02,2,5\n").notes,
              Contains(HasSubstr("constant: \"w\"")));
}

}  // namespace
}  // namespace attune::series
