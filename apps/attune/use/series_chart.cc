#include "apps/attune/use/series_chart.h"

#include <fmt/format.h>

#include <limits>

#include "attune/tasks/forecasting/calibration.h"

namespace attune::command {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::string series_name(const tasks::ForecastData& data, std::size_t span, std::size_t target) {
  const std::string& id = data.panel().spans[span].id;
  const std::string& column = data.panel().columns[target];
  return id.empty() ? column : fmt::format("{} {}", id, column);
}

SeriesChart::SeriesChart(const tasks::ForecastData& data, std::size_t span, std::size_t target)
    : data_(data), span_(span), target_(target), chart_{.title = series_name(data, span, target)} {}

void SeriesChart::add_past(std::int64_t begin, std::int64_t end) {
  for (std::int64_t step = begin; step < end; ++step) add(step, none, none, none);
}

void SeriesChart::add_forecast(series::Window window, const tasks::WindowForecast& forecast, int interval) {
  const auto targets = static_cast<std::size_t>(data_.panel().targets);
  const auto low = tasks::place_of_level(forecast.levels, 0.5 - interval / 200.0);
  const auto high = tasks::place_of_level(forecast.levels, 0.5 + interval / 200.0);
  std::int64_t step = window.target_step;
  for (std::size_t at = target_; at < forecast.point.size(); at += targets) {
    const auto quantiles = forecast.quantiles.subspan(at * forecast.levels.size(), forecast.levels.size());
    add(step++, forecast.point[at], low ? quantiles[*low] : none, high ? quantiles[*high] : none);
  }
}

void SeriesChart::add(std::int64_t step, double forecast, double low, double high) {
  const auto original = [&](double value) { return data_.scaler().original(value, target_); };
  chart_.times.push_back(data_.panel().grid.at(step));
  chart_.actual.push_back(original(data_.value(span_, step, target_)));
  chart_.forecast.push_back(original(forecast));
  chart_.low.push_back(original(low));
  chart_.high.push_back(original(high));
}

}  // namespace attune::command
