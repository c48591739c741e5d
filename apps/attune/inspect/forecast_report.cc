#include "apps/attune/inspect/forecast_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "attune/series/tables/read_panel.h"
#include "attune/tasks/forecasting/baselines.h"

namespace attune::command {
namespace {

using Metrics = std::vector<std::pair<std::string, double>>;

// Tables for people stop here; --json has all.
constexpr std::size_t most_steps = 12, most_series = 20;

// Of back tests, per cent.
constexpr int interval = 80;

nlohmann::ordered_json to_json(const tasks::ErrorSums& sums) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : sums.metrics())
    json[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
  return json;
}

std::string when(const tasks::ForecastData& data, std::int64_t step) {
  const series::Grid& grid = data.panel().grid;
  return series::format_time(grid.at(step), grid.zone(), {.time_format = "%Y-%m-%d %H:%M:%S"});
}

void print_json(const ForecastReport& report) {
  nlohmann::ordered_json json = to_json(report.model.overall());
  json["windows"] = report.windows;
  json["series_too_short"] = report.too_short;
  json["part"] = report.part;
  json["begin"] = when(report.data, report.steps.begin);
  json["end"] = when(report.data, report.steps.end - 1);
  for (std::size_t i = 0; i < report.baselines.size(); ++i)
    json["baselines"][std::string(name_of(tasks::all_baselines[i]))] = to_json(report.baselines[i].overall());
  for (std::size_t h = 0; h < report.model.by_step().size(); ++h) {
    nlohmann::ordered_json step{{"step", h + 1}};
    step.update(to_json(report.model.by_step()[h]));
    json["by_step"].push_back(step);
  }
  const auto targets = static_cast<std::size_t>(report.data.panel().targets);
  for (std::size_t span = 0; span < report.data.panel().spans.size(); ++span) {
    for (std::size_t c = 0; c < targets; ++c) {
      if (report.model.of(span, c).count() == 0) continue;
      nlohmann::ordered_json of{{"id", report.data.panel().spans[span].id},
                                {"target", report.data.panel().columns[c]}};
      of.update(to_json(report.model.of(span, c)));
      json["by_series"].push_back(of);
    }
  }
  fmt::print("{}\n", json.dump());
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  return std::abs(value) < 100'000 ? fmt::format("{:.4f}", value) : fmt::format("{:.3g}", value);
}

double find(const Metrics& metrics, const std::string& name) {
  const auto found = std::ranges::find(metrics, name, [](const auto& metric) { return metric.first; });
  return found == metrics.end() ? std::nan("") : found->second;
}

void print_overall(const ForecastReport& report) {
  fmt::print("\n{:<16}{:>12}", "", "model");
  for (const tasks::Baseline baseline : tasks::all_baselines) fmt::print("{:>12}", name_of(baseline));
  fmt::print("\n");
  std::vector<Metrics> baselines;
  for (const auto& scores : report.baselines) baselines.push_back(scores.overall().metrics());
  for (const auto& [name, value] : report.model.overall().metrics()) {
    fmt::print("{:<16}{:>12}", name, number(value));
    for (const Metrics& metrics : baselines) fmt::print("{:>12}", number(find(metrics, name)));
    fmt::print("\n");
  }
}

void print_steps(const ForecastReport& report) {
  const auto& steps = report.model.by_step();
  const std::size_t every = (steps.size() + most_steps - 1) / most_steps;
  fmt::print("\n{:<16}{:>12}{:>12}{:>14}\n", "step", "mse", "mae", "original.mae");
  for (std::size_t h = 0; h < steps.size(); ++h) {
    if (h % every != 0 && h + 1 != steps.size()) continue;
    const Metrics metrics = steps[h].metrics();
    fmt::print("{:<16}{:>12}{:>12}{:>14}\n", h + 1, number(find(metrics, "mse")),
               number(find(metrics, "mae")), number(find(metrics, "original.mae")));
  }
}

void print_series(const ForecastReport& report) {
  const auto targets = static_cast<std::size_t>(report.data.panel().targets);
  const std::size_t count = report.data.panel().spans.size() * targets;
  fmt::print("\n{:<16}{:>12}{:>12}{:>14}{:>16}\n", "series", "mse", "mae", "original.mae", "original.smape");
  for (std::size_t i = 0; i < std::min(count, most_series); ++i) {
    const tasks::ErrorSums& sums = report.model.of(i / targets, i % targets);
    const Metrics metrics = sums.metrics();
    fmt::print("{:<16}{:>12}{:>12}{:>14}{:>16}\n", series_name(report.data, i / targets, i % targets),
               number(find(metrics, "mse")), number(find(metrics, "mae")),
               number(find(metrics, "original.mae")), number(find(metrics, "original.smape")));
  }
  if (count > most_series) fmt::print("... and {} more: --json has all\n", count - most_series);
}

void warn(const ForecastReport& report) {
  const double model = find(report.model.overall().metrics(), "mse");
  for (std::size_t i = 0; i < report.baselines.size(); ++i) {
    const double baseline = find(report.baselines[i].overall().metrics(), "mse");
    if (baseline < model)
      fmt::print(
          "\nThe model is worse than the baseline \"{}\", which needs no model: {:.4f} against {:.4f}\n",
          name_of(tasks::all_baselines[i]), model, baseline);
  }
}

}  // namespace

void print_forecast_report(const ForecastReport& report, bool json) {
  if (json) return print_json(report);
  fmt::print("{} part: {} to {}, {} windows; standardised, \"original\" in the units of the data\n",
             report.part, when(report.data, report.steps.begin), when(report.data, report.steps.end - 1),
             report.windows);
  if (report.too_short > 0) fmt::print("{} series are too short for a window\n", report.too_short);
  print_overall(report);
  print_steps(report);
  print_series(report);
  warn(report);
}

BackTest::BackTest(const tasks::ForecastData& data, std::int64_t horizon) : data_(data), horizon_(horizon) {}

BackTest::Series* BackTest::series_of(std::size_t span, std::size_t target) {
  const auto found = std::ranges::find_if(
      series_, [&](const Series& series) { return series.span == span && series.target == target; });
  if (found != series_.end()) return &*found;
  if (series_.size() == plot::most_charts) return nullptr;
  series_.push_back({.span = span, .target = target, .chart = SeriesChart(data_, span, target)});
  return &series_.back();
}

void BackTest::add(series::Window window, const tasks::WindowForecast& forecast) {
  for (std::size_t c = 0; c < static_cast<std::size_t>(data_.panel().targets); ++c) {
    Series* series = series_of(window.span, c);
    if (series == nullptr || (series->next_step >= 0 && series->next_step != window.target_step)) continue;
    series->chart.add_forecast(window, forecast, interval);
    series->next_step = window.target_step + horizon_;
  }
}

void BackTest::draw(const std::string& title, const std::filesystem::path& path) const {
  plot::ForecastCharts charts{
      .title = title, .band_title = fmt::format("{} % interval", interval), .charts = {}};
  for (const Series& series : series_) charts.charts.push_back(series.chart.chart());
  plot::draw_forecasts(charts, path);
}

}  // namespace attune::command
