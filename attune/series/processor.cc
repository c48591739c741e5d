#include "attune/series/processor.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/json_value.h"

namespace attune::series {
namespace {

constexpr const char* file_name = "preprocessor_config.json";
constexpr const char* kind = "SeriesProcessor";

constexpr std::array<std::pair<Fill, std::string_view>, 5> fills{{{Fill::none, "none"},
                                                                  {Fill::mask, "mask"},
                                                                  {Fill::forward, "forward"},
                                                                  {Fill::interpolate, "interpolate"},
                                                                  {Fill::zero, "zero"}}};
constexpr std::array<std::pair<Aggregate, std::string_view>, 5> aggregates{{{Aggregate::mean, "mean"},
                                                                            {Aggregate::sum, "sum"},
                                                                            {Aggregate::last, "last"},
                                                                            {Aggregate::min, "min"},
                                                                            {Aggregate::max, "max"}}};

template <typename Value, std::size_t N>
std::string_view name_in(const std::array<std::pair<Value, std::string_view>, N>& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

template <typename Value, std::size_t N>
Value value_in(const std::array<std::pair<Value, std::string_view>, N>& names, std::string_view name,
               const char* flag) {
  std::string known;
  for (const auto& [value, of] : names) {
    if (of == name) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", of);
  }
  fail_usage("{} is \"{}\", expected one of {}", flag, name, known);
}

// Reads the fields of an object; errors name the file and the field.
class Reader {
 public:
  Reader(const nlohmann::json& object, std::string path) : object_(object), path_(std::move(path)) {}

  template <typename T>
  T get(const char* name) const {
    T value{};
    const auto found = object_.find(name);
    check(found != object_.end(), "{}: \"{}\" is missing", path_, name);
    check(io::read_json_value(*found, value), "{}: \"{}\" is {}, which has the wrong type", path_, name,
          found->dump());
    return value;
  }
  char character(const char* name) const {
    const auto text = get<std::string>(name);
    check(text.size() == 1, "{}: \"{}\" is \"{}\", expected one character", path_, name, text);
    return text.front();
  }
  const std::string& path() const { return path_; }

 private:
  const nlohmann::json& object_;
  std::string path_;
};

PanelOptions read_options(const Reader& from) {
  return {.time = from.get<std::string>("time_column"),
          .id = from.get<std::string>("id_column"),
          .targets = from.get<std::vector<std::string>>("targets"),
          .past_covariates = from.get<std::vector<std::string>>("past_covariates"),
          .future_covariates = from.get<std::vector<std::string>>("future_covariates"),
          .frequency = from.get<std::string>("frequency"),
          .time_zone = from.get<std::string>("time_zone"),
          .time_format = from.get<std::string>("time_format"),
          .fill = fill_from_name(from.get<std::string>("fill")),
          .resample = from.get<std::string>("resample"),
          .aggregate = aggregate_from_name(from.get<std::string>("aggregate"))};
}

TableFormat read_format(const Reader& from) {
  return {.separator = from.character("separator"),
          .decimal = from.character("decimal"),
          .time_column = from.get<std::string>("time_column"),
          .id_column = from.get<std::string>("id_column"),
          .time_format = from.get<std::string>("written_time_format")};
}

void expect_numbers(const Processor& read, const Reader& from) {
  const std::size_t targets = read.table.targets.size();
  const std::size_t columns =
      targets + read.table.past_covariates.size() + read.table.future_covariates.size();
  check(targets > 0, "{}: \"targets\" is empty, expected at least one column", from.path());
  check(read.scaler.means().size() == columns && read.scaler.deviations().size() == columns,
        "{}: \"mean\" has {} values and \"std\" {}, expected one for each of the {} columns", from.path(),
        read.scaler.means().size(), read.scaler.deviations().size(), columns);
  check(read.naive_errors.size() == targets,
        "{}: \"seasonal_naive_errors\" has {} values, expected one for each of the {} targets", from.path(),
        read.naive_errors.size(), targets);
  for (const double deviation : read.scaler.deviations())
    check(std::isfinite(deviation) && deviation > 0, "{}: \"std\" has {}, expected numbers above 0",
          from.path(), deviation);
}

}  // namespace

std::string_view name_of(Fill fill) { return name_in(fills, fill); }
Fill fill_from_name(std::string_view name) { return value_in(fills, name, "--fill"); }
std::string_view name_of(Aggregate aggregate) { return name_in(aggregates, aggregate); }
Aggregate aggregate_from_name(std::string_view name) { return value_in(aggregates, name, "--aggregate"); }

std::shared_ptr<const Calendar> Processor::make_calendar(const Grid& grid,
                                                         const std::filesystem::path& directory) const {
  if (calendar.empty()) return nullptr;
  if (holidays.empty()) return std::make_shared<Calendar>(grid, calendar);
  const std::string source = holidays == holiday_file ? (directory / holiday_file).string() : holidays;
  return std::make_shared<Calendar>(grid, calendar, open_holidays(source));
}

Processor read_processor(const std::filesystem::path& directory) {
  const std::string path = (directory / file_name).string();
  const auto json = nlohmann::json::parse(io::read_text(path), nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "{} is not a preprocessor: expected a JSON object", path);
  const Reader from(json, path);
  check(from.get<std::string>("processor_class") == kind, "{}: \"processor_class\" is {}, expected \"{}\"",
        path, json["processor_class"].dump(), kind);
  Processor read{.table = read_options(from),
                 .format = read_format(from),
                 .scaler = {from.get<std::vector<double>>("mean"), from.get<std::vector<double>>("std")},
                 .calendar = {},
                 .holidays = from.get<std::string>("holidays"),
                 .periods = {},
                 .naive_errors = from.get<std::vector<double>>("seasonal_naive_errors")};
  for (const auto& name : from.get<std::vector<std::string>>("calendar"))
    read.calendar.push_back(field_from_name(name));
  const auto periods = from.get<std::vector<Time>>("periods");
  check(periods.size() == 4, "{}: \"periods\" has {} moments, expected 4", path, periods.size());
  read.periods = {periods[0], periods[1], periods[2], periods[3]};
  expect_numbers(read, from);
  return read;
}

void write_processor(const Processor& processor, const std::filesystem::path& directory) {
  std::vector<std::string_view> calendar;
  for (const Field field : processor.calendar) calendar.push_back(name_of(field));
  const PanelOptions& table = processor.table;
  const Periods& periods = processor.periods;
  const nlohmann::ordered_json json{
      {"processor_class", kind},
      {"time_column", table.time},
      {"id_column", table.id},
      {"targets", table.targets},
      {"past_covariates", table.past_covariates},
      {"future_covariates", table.future_covariates},
      {"frequency", table.frequency},
      {"time_zone", table.time_zone},
      {"time_format", table.time_format},
      {"fill", name_of(table.fill)},
      {"resample", table.resample},
      {"aggregate", name_of(table.aggregate)},
      {"separator", std::string(1, processor.format.separator)},
      {"decimal", std::string(1, processor.format.decimal)},
      {"written_time_format", processor.format.time_format},
      {"mean", processor.scaler.means()},
      {"std", processor.scaler.deviations()},
      {"calendar", calendar},
      {"holidays", processor.holidays},
      {"periods", std::vector<Time>{periods.train, periods.valid, periods.test, periods.end}},
      {"seasonal_naive_errors", processor.naive_errors}};
  io::write_text_atomically(directory / file_name, json.dump(2) + "\n");
}

ReadPanel read_like(const std::filesystem::path& path, const Processor& processor) {
  ReadPanel read = read_panel(path, processor.table);
  const Grid& grid = read.panel.grid;
  check(
      grid.frequency() == frequency_from_name(processor.table.frequency),
      "{}: rows are {} apart, but the model was trained on rows {} apart; --resample in training, or a file "
      "of the same frequency",
      path.string(), in_words(grid.frequency()), in_words(frequency_from_name(processor.table.frequency)));
  return read;
}

}  // namespace attune::series
