#include "attune/series/processor.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::series {
namespace {

class ProcessorTest : public ::testing::Test {
 protected:
  static Processor example() {
    Processor processor;
    processor.table.time = "when";
    processor.table.targets = {"a", "b"};
    processor.table.future_covariates = {"c"};
    processor.table.frequency = "15min";
    processor.table.fill = Fill::mask;
    processor.format = {.separator = ';', .decimal = ',', .time_column = "when", .time_format = "%d.%m.%Y"};
    processor.scaler = Scaler({1, 2, 3}, {0.1, 5, 1e9});
    processor.calendar = {Field::hour, Field::holiday};
    processor.holidays = "DE";
    processor.periods = {0, 100, 200, 300};
    processor.naive_errors = {0.5, 1};
    return processor;
  }

  void expect_refused(const char* field, const nlohmann::json& value, const char* says) const {
    write_processor(example(), directory_.path());
    const auto path = directory_.path() / "preprocessor_config.json";
    auto json = nlohmann::json::parse(io::read_text(path));
    if (value.is_null())
      json.erase(field);
    else
      json[field] = value;
    io::write_text_atomically(path, json.dump());
    try {
      read_processor(directory_.path());
      FAIL() << field;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(says));
    }
  }

  io::TestDirectory directory_;
};

TEST_F(ProcessorTest, ComesBackAsItWas) {
  write_processor(example(), directory_.path());
  const Processor read = read_processor(directory_.path());
  const Processor was = example();
  EXPECT_EQ(read.table.targets, was.table.targets);
  EXPECT_EQ(read.table.future_covariates, was.table.future_covariates);
  EXPECT_EQ(read.table.frequency, was.table.frequency);
  EXPECT_EQ(read.table.fill, Fill::mask);
  EXPECT_EQ(read.format.separator, ';');
  EXPECT_EQ(read.format.time_format, was.format.time_format);
  EXPECT_EQ(read.scaler.means(), was.scaler.means());
  EXPECT_EQ(read.scaler.deviations(), was.scaler.deviations());
  EXPECT_EQ(read.calendar, was.calendar);
  EXPECT_EQ(read.holidays, "DE");
  EXPECT_EQ(read.periods.test, 200);
  EXPECT_EQ(read.naive_errors, was.naive_errors);
}

TEST_F(ProcessorTest, RefusesWhatMakesNoProcessor) {
  expect_refused("mean", {1, 2}, "\"mean\" has 2 values");
  expect_refused("std", {1, 0, 1}, "numbers above 0");
  expect_refused("targets", nullptr, "\"targets\" is missing");
  expect_refused("targets", nlohmann::json::array(), "\"targets\" is empty");
  expect_refused("periods", {1}, "\"periods\"");
  expect_refused("processor_class", "ViTImageProcessor", "SeriesProcessor");
  expect_refused("fill", "magic", "magic");
  expect_refused("calendar", {"moon"}, "moon");
  expect_refused("separator", "ab", "one character");
  expect_refused("seasonal_naive_errors", {1.0}, "\"seasonal_naive_errors\"");
}

}  // namespace
}  // namespace attune::series
