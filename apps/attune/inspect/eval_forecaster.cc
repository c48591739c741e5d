// attune eval of forecasters: every window of the test part, beside forecasts that need no model.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/attune/inspect/eval.h"
#include "apps/attune/inspect/forecast_report.h"
#include "apps/attune/use/loaded_forecaster.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/tasks/forecasting/baselines.h"
#include "attune/tasks/forecasting/forecast_scores.h"

namespace attune::command {
namespace {

using series::Steps;
using series::Window;
using series::Windows;

struct Part {
  std::string name;
  Steps steps;
};

// The steps from one moment to another.
Steps steps_between(const tasks::ForecastData& data, series::Time begin, series::Time end) {
  const series::Grid& grid = data.panel().grid;
  const auto step_of = [&](series::Time time) {
    const std::int64_t step = grid.floor(time);
    return std::clamp<std::int64_t>(grid.at(step) < time ? step + 1 : step, 0, data.end_step());
  };
  return {step_of(begin), step_of(end)};
}

// What is measured on: of the file that was trained on its test part, of a file that begins later all of it.
Part part_of(const tasks::ForecastData& data, const series::Periods& periods, const std::string& wanted) {
  const bool has_training = data.panel().grid.origin() < periods.valid;
  const std::string name = wanted.empty() ? (has_training ? "test" : "all") : wanted;
  if (name == "train") return {name, steps_between(data, periods.train, periods.valid)};
  if (name == "valid") return {name, steps_between(data, periods.valid, periods.test)};
  if (name == "test") return {name, steps_between(data, periods.test, periods.end)};
  if (name == "all") return {name, {0, data.end_step()}};
  fail_usage("--part is {}, expected train, valid, test or all", name);
}

// Every window of a part or, rolling, those that follow each other without overlap, so that each time is
// forecast once.
std::vector<Window> choose(const Windows& windows, std::int64_t horizon, bool rolling) {
  std::vector<Window> chosen;
  std::size_t span = 0;
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < windows.count(); ++i) {
    const Window window = windows.at(i);
    if (rolling && i > 0 && window.span == span && window.target_step < next) continue;
    chosen.push_back(window);
    span = window.span;
    next = window.target_step + horizon;
  }
  return chosen;
}

class Measurement {
 public:
  Measurement(const LoadedForecaster& loaded, const tasks::ForecastData& data, std::int64_t horizon)
      : loaded_(loaded), data_(data), horizon_(horizon), model_(scores()) {
    for (std::size_t i = 0; i < std::size(tasks::all_baselines); ++i) baselines_.push_back(scores());
  }

  void add(std::span<const Window> windows, const nn::Context& how, BackTest* back_test) {
    const auto forecasts = loaded_.roll(data_, windows, horizon_, how);
    for (std::size_t b = 0; b < windows.size(); ++b) {
      tasks::WindowForecast forecast = forecasts.at(static_cast<std::int64_t>(b));
      if (!has_quantiles()) forecast.levels = {}, forecast.quantiles = {};
      model_.add(windows[b], forecast);
      if (back_test != nullptr) back_test->add(windows[b], forecast);
      add_baselines(windows[b]);
    }
  }

  const tasks::ForecastScores& model() const { return model_; }
  const std::vector<tasks::ForecastScores>& baselines() const { return baselines_; }

 private:
  tasks::ForecastScores scores() const { return {data_, horizon_, loaded_.processor.naive_errors}; }

  bool has_quantiles() const {
    return !loaded_.calibration.is_empty() || loaded_.model->head().kind != models::ForecastHead::Kind::point;
  }

  void add_baselines(Window window) {
    const std::int64_t season = series::season_of(data_.panel().grid.frequency());
    for (std::size_t i = 0; i < std::size(tasks::all_baselines); ++i) {
      const auto forecast = tasks::baseline_forecast(tasks::all_baselines[i], data_, window,
                                                     loaded_.model->sizes().context, horizon_, season);
      baselines_[i].add(window, {.point = forecast});
    }
  }

  const LoadedForecaster& loaded_;
  const tasks::ForecastData& data_;
  std::int64_t horizon_;
  tasks::ForecastScores model_;
  std::vector<tasks::ForecastScores> baselines_;
};

}  // namespace

void evaluate_forecaster(const EvalOptions& options) {
  check(options.data.size() == 1, "--data has {} files, expected one table", options.data.size());
  const ForecastEvalOptions& how = options.forecasts;
  const LoadedForecaster loaded = load_forecaster_for_use(options.directory);
  const models::ForecastSizes& sizes = loaded.model->sizes();
  const std::int64_t horizon = how.horizon.value_or(sizes.horizon);
  if (horizon < 1) fail_usage("--horizon is {}, expected at least 1", horizon);
  const auto data = loaded.read(options.data.front(), horizon + sizes.horizon, stderr);
  const Part part = part_of(data, loaded.processor.periods, how.part);
  const Windows all(data.panel().spans, part.steps, sizes.context, horizon);
  check(all.count() > 0,
        "{} has no window to measure on: the {} part has {} rows of time, and a window takes {} of the past "
        "and "
        "{} to forecast",
        options.data.front(), part.name, part.steps.count(), sizes.context, horizon);
  const std::vector<Window> windows = choose(all, horizon, how.rolling);
  Measurement measurement(loaded, data, horizon);
  BackTest back_test(data, horizon);
  const auto batch = static_cast<std::size_t>(options.batch_size.value_or(64));
  const nn::Context context = context_of(options.dtype);
  for (std::size_t first = 0; first < windows.size(); first += batch) {
    const auto some = std::span(windows).subspan(first, std::min(batch, windows.size() - first));
    measurement.add(some, context, how.plot.empty() ? nullptr : &back_test);
  }
  if (!how.plot.empty())
    back_test.draw(fmt::format("{}: {}", options.directory, options.data.front()), how.plot);
  print_forecast_report({.data = data,
                         .part = part.name,
                         .steps = part.steps,
                         .windows = std::ssize(windows),
                         .too_short = all.too_short(),
                         .model = measurement.model(),
                         .baselines = measurement.baselines()},
                        options.json);
}

}  // namespace attune::command
