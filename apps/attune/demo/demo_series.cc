// attune demo series: trains a forecaster in under a minute on the electricity of a town that the program
// makes up, once with and once without the calendar, and shows what the calendar is good for.
#include "apps/attune/demo/demo_series.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <span>
#include <vector>

#include "apps/attune/demo/series_demo_data.h"
#include "apps/attune/inspect/forecast_report.h"
#include "apps/attune/train/forecast_run.h"
#include "apps/attune/use/loaded_forecaster.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/series/calendar/calendar.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t days = 1461, day_hours = 24;
constexpr std::int64_t epochs = 5;

ForecastRun demo_run(const fs::path& out, const fs::path& table, bool calendar) {
  ForecastRun run;
  run.data = table.string();
  run.context = 7 * day_hours;
  run.horizon = day_hours;
  run.split = "0.6,0.15,0.25";
  if (calendar) {
    run.calendar = {"hour", "weekday", "holiday"};
    run.holidays = "US";
  } else {
    run.calendar = {"none"};
  }
  run.network.width = 32;
  run.network.layers = 2;
  run.network.dropout = 0.1;
  run.training.learning_rate = 2e-3;
  run.training.num_train_epochs = epochs;
  run.training.early_stopping_patience = 0;
  run.place.out = out.string();
  run.place.overwrite = true;
  return run;
}

// The mean absolute errors of forecasts of whole days, made at midnight, in the units of the data.
struct DayErrors {
  double holidays = 0, others = 0;
  std::int64_t holiday_count = 0, other_count = 0;
};

// The first midnight of the test part; the data begins at one.
std::int64_t first_day(const LoadedForecaster& loaded, const series::Grid& grid) {
  const std::int64_t step = grid.floor(loaded.processor.periods.test);
  return (step + day_hours - 1) / day_hours * day_hours;
}

DayErrors measure(const fs::path& directory, const fs::path& table) {
  const LoadedForecaster loaded = load_forecaster_for_use(directory);
  const auto data = loaded.read(table, day_hours, nullptr);
  const auto holidays = series::open_holidays("US");
  const series::Grid& grid = data.panel().grid;
  DayErrors errors;
  for (std::int64_t step = first_day(loaded, grid); step + day_hours <= data.end_step(); step += day_hours) {
    const series::Window window{0, step};
    const auto forecast = loaded.roll(data, std::span(&window, 1), day_hours, {});
    double error = 0;
    for (std::int64_t h = 0; h < day_hours; ++h)
      error += std::abs(forecast.point.data<float>()[h] - data.value(0, step + h, 0)) *
               data.scaler().deviations()[0] / day_hours;
    const bool holiday = holidays->on(grid.at(step) / 86400).has_value();
    (holiday ? errors.holidays : errors.others) += error;
    ++(holiday ? errors.holiday_count : errors.other_count);
  }
  errors.holidays /= static_cast<double>(std::max<std::int64_t>(errors.holiday_count, 1));
  errors.others /= static_cast<double>(std::max<std::int64_t>(errors.other_count, 1));
  return errors;
}

// The week around a holiday of the test part, forecast day by day.
void draw(const fs::path& directory, const fs::path& table, const fs::path& picture) {
  const LoadedForecaster loaded = load_forecaster_for_use(directory);
  const auto data = loaded.read(table, day_hours, nullptr);
  const auto holidays = series::open_holidays("US");
  const series::Grid& grid = data.panel().grid;
  std::int64_t step = first_day(loaded, grid) + 7 * day_hours;
  // A holiday on a working day, with room for its week.
  while (step + 7 * day_hours < data.end_step() &&
         (!holidays->on(grid.at(step) / 86400) || (grid.at(step) / 86400 + 3) % 7 >= 5))
    step += day_hours;
  std::vector<series::Window> windows;
  for (std::int64_t day = -3; day <= 3; ++day) windows.push_back({0, step + day * day_hours});
  const auto forecasts = loaded.roll(data, windows, day_hours, {});
  BackTest back_test(data, day_hours);
  for (std::size_t day = 0; day < windows.size(); ++day)
    back_test.add(windows[day], forecasts.at(static_cast<std::int64_t>(day)));
  back_test.draw("A week with a holiday in the middle, each day forecast at midnight", picture);
}

int train(const ForecastRun& run) {
  const auto result = train_forecast(run, stderr);
  if (result.end != train::TrainingResult::End::interrupted) return 0;
  fmt::print("\nStopped at step {} of {}. Run 'attune demo series' again to start anew.\n", result.steps_done,
             result.max_steps);
  return 128 + result.signal;
}

int run(const fs::path& out) {
  fs::create_directories(out);
  const fs::path table = out / "load.csv", blind = out / "without-calendar";
  io::write_text_atomically(table, to_csv(demo_series(days, /*seed=*/1)));
  fmt::print(
      "Attune's demo: the electricity of a town, hour by hour, which this program made up: a trend, a year, "
      "a "
      "day,\na week, noise, and public holidays of the United States, on which the town uses less. {} days; "
      "the "
      "last\nquarter is held out. Two models learn to forecast the next day from the last week.\n\n"
      "With the calendar (hour, weekday, holidays):\n",
      days);
  std::fflush(stdout);
  if (const int status = train(demo_run(out, table, true)); status != 0) return status;
  fmt::print("\nWithout:\n");
  std::fflush(stdout);
  if (const int status = train(demo_run(blind, table, false)); status != 0) return status;
  const DayErrors with = measure(out, table), without = measure(blind, table);
  fmt::print(
      "\nMean absolute error of a day's forecast   with calendar   without\n"
      "  {:>3} holidays                           {:>13.1f} {:>9.1f}\n"
      "  {:>3} other days                         {:>13.1f} {:>9.1f}\n",
      with.holiday_count, with.holidays, without.holidays, with.other_count, with.others, without.others);
  try {
    draw(out, table, out / "holiday-week.png");
    fmt::print("\nA week with a holiday: {}\n", (out / "holiday-week.png").string());
  } catch (const Error& error) {
    fmt::print("\nThere is no picture: {}\n", error.what());
  }
  fmt::print(
      "\nThe model is in {0}. What to do next:\n"
      "  attune forecast {0} --data {1} --plot forecast.png\n"
      "  attune eval {0} --data {1}\n"
      "  attune train forecast --data YOUR.csv --out runs/mine\n",
      out.string(), table.string());
  return 0;
}

}  // namespace

void add_series_demo(CLI::App& demo, Program& program) {
  auto out = std::make_shared<std::string>("runs/demo-series");
  CLI::App& verb = *demo.add_subcommand(
      "series", "Train a forecaster in under a minute and see what the calendar is good for");
  verb.add_option("--out", *out, "Directory of the model")->capture_default_str();
  add_threads(verb);
  verb.callback([out, &program] { program.exit_code = run(*out); });
}

}  // namespace attune::command
