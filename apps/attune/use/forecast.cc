// attune forecast DIR --data FILE: dated rows of the future, in the units of the data.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/use/forecast_table.h"
#include "apps/attune/use/loaded_forecaster.h"
#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/plot/forecast_chart.h"
#include "attune/plot/gnuplot.h"

namespace attune::command {
namespace {

using series::Window;

struct Options {
  std::string directory, data, out, plot;
  std::optional<std::int64_t> horizon;
  std::vector<int> intervals = {80};  // per cent
  std::int64_t batch_size = 64;
};

void validate(const Options& options) {
  if (options.horizon.value_or(1) < 1) fail_usage("--horizon is {}, expected at least 1", *options.horizon);
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  for (const int interval : options.intervals) {
    if (interval_levels(interval).empty())
      fail_usage("--interval is {}, expected 50, 80, 90 or 95 (per cent)", interval);
  }
  if (!options.plot.empty()) plot::picture_format(options.plot);
}

// One past the last row of a series that has a value of a target: rows with covariates of the future may
// follow.
std::int64_t end_of_past(const tasks::ForecastData& data, std::size_t span) {
  const series::Span& of = data.panel().spans[span];
  for (std::int64_t step = of.end_step(); step > of.first_step; --step) {
    for (std::int64_t c = 0; c < data.panel().targets; ++c) {
      if (!std::isnan(data.value(span, step - 1, static_cast<std::size_t>(c)))) return step;
    }
  }
  return of.first_step;
}

// Where every series is to be continued.
std::vector<Window> ends_of_series(const tasks::ForecastData& data, const LoadedForecaster& loaded,
                                   const std::string& file) {
  std::vector<Window> windows;
  const std::int64_t context = loaded.model->sizes().context;
  for (std::size_t s = 0; s < data.panel().spans.size(); ++s) {
    const series::Span& span = data.panel().spans[s];
    const std::int64_t end = end_of_past(data, s);
    check(end - span.first_step >= context,
          "{}{}{} has {} rows, but the model looks at the last {}: give a file with more of the past", file,
          span.id.empty() ? "" : ": series ", span.id, end - span.first_step, context);
    windows.push_back({s, end});
  }
  return windows;
}

// The covariates that are known in advance must be known.
void expect_future(const tasks::ForecastData& data, const std::vector<Window>& windows, std::int64_t horizon,
                   const std::string& file) {
  const series::Panel& panel = data.panel();
  const auto first = static_cast<std::size_t>(panel.targets + panel.past_covariates);
  for (const Window& window : windows) {
    for (std::int64_t step = window.target_step; step < window.target_step + horizon; ++step) {
      for (std::size_t c = first; c < panel.columns.size(); ++c) {
        check(
            !std::isnan(data.value(window.span, step, c)),
            "{}: \"{}\" is known in advance to the model, but has no value at {}{}{}: the file needs {} "
            "rows after the last target, with the columns {} filled in",
            file, panel.columns[c],
            series::format_time(panel.grid.at(step), panel.grid.zone(), {.time_format = "%Y-%m-%d %H:%M:%S"}),
            panel.spans[window.span].id.empty() ? "" : " of series ", panel.spans[window.span].id, horizon,
            fmt::join(std::vector<std::string>(panel.columns.begin() + static_cast<std::ptrdiff_t>(first),
                                               panel.columns.end()),
                      ", "));
      }
    }
  }
}

int run(const Options& options) {
  validate(options);
  const LoadedForecaster loaded = load_forecaster_for_use(options.directory);
  const std::int64_t horizon = options.horizon.value_or(loaded.model->sizes().horizon);
  series::TableFormat format;
  // Passes of the model are whole, so the last may reach beyond the horizon.
  const auto data = loaded.read(options.data, horizon + loaded.model->sizes().horizon, stderr, &format);
  const auto windows = ends_of_series(data, loaded, options.data);
  if (data.panel().future_covariates > 0) expect_future(data, windows, horizon, options.data);
  if (loaded.calibration.is_empty() && loaded.model->head().kind == models::ForecastHead::Kind::point)
    io::print_message(stderr,
                      "the model saw no validation data, so nothing is known of how far it is off: intervals "
                      "are empty\n");
  if (horizon > loaded.model->sizes().horizon)
    io::print_message(stderr,
                      "{} steps are more than the {} that the model forecasts at once: it goes on from "
                      "its own forecasts\n",
                      horizon, loaded.model->sizes().horizon);
  ForecastTable table(data, format, horizon, options.intervals);
  ForecastPicture picture(data, loaded.model->sizes().context, horizon, options.intervals.front());
  for (std::size_t first = 0; first < windows.size(); first += static_cast<std::size_t>(options.batch_size)) {
    const std::size_t count = std::min(static_cast<std::size_t>(options.batch_size), windows.size() - first);
    const auto some = std::span(windows).subspan(first, count);
    const auto forecasts = loaded.roll(data, some, horizon, {});
    table.add(some, forecasts);
    if (!options.plot.empty()) picture.add(some, forecasts);
  }
  table.write(options.out);
  if (!options.plot.empty())
    picture.draw(fmt::format("{}: {}", options.directory, options.data), options.plot);
  if (!options.out.empty())
    io::print_message(stderr, "{} rows of {} series in {}\n", std::ssize(windows) * horizon, windows.size(),
                      options.out);
  return 0;
}

}  // namespace

void add_forecast(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb = *program.app.add_subcommand(
      "forecast", "Continue time series: dated rows of the future, with intervals");
  verb.add_option("directory", options->directory, "Model directory of a forecaster")->required();
  verb.add_option("--data", options->data,
                  "CSV file with the columns of the training data, up to the present")
      ->required();
  verb.add_option("--horizon", options->horizon,
                  "Rows to forecast (default: as many as the model forecasts at once)");
  verb.add_option("--interval", options->intervals,
                  "Prediction intervals, per cent: 50, 80, 90 or 95, or several by commas")
      ->delimiter(',')
      ->capture_default_str();
  verb.add_option("--out", options->out, "CSV file to write (default: standard output)");
  verb.add_option("--plot", options->plot, "Picture to draw, .png or .svg (needs gnuplot)");
  add_value(verb, "", "--batch-size", options->batch_size, "Series at once");
  add_threads(verb);
  verb.callback([options, &program] { program.exit_code = run(*options); });
}

}  // namespace attune::command
