#include "attune/tasks/forecasting/baselines.h"

#include <cmath>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

// The values of a target in the past of a window that are there, by their steps before the first target.
struct Past {
  std::vector<double> steps, values;  // steps -L .. -1

  bool is_empty() const { return values.empty(); }
};

Past past_of(const ForecastData& data, series::Window window, std::int64_t context, std::size_t column) {
  Past past;
  for (std::int64_t back = context; back >= 1; --back) {
    const float value = data.value(window.span, window.target_step - back, column);
    if (std::isnan(value)) continue;
    past.steps.push_back(static_cast<double>(-back));
    past.values.push_back(value);
  }
  return past;
}

struct Line {
  double slope, at_zero;  // at the step of the first target
};

Line line_through_ends(const Past& past) {
  const double width = past.steps.back() - past.steps.front();
  const double slope = width > 0 ? (past.values.back() - past.values.front()) / width : 0;
  return {slope, past.values.back() - slope * past.steps.back()};
}

Line least_squares_line(const Past& past) {
  const auto count = static_cast<double>(past.values.size());
  double mean_step = 0, mean_value = 0, covariance = 0, variance = 0;
  for (std::size_t i = 0; i < past.values.size(); ++i) {
    mean_step += past.steps[i] / count;
    mean_value += past.values[i] / count;
  }
  for (std::size_t i = 0; i < past.values.size(); ++i) {
    covariance += (past.steps[i] - mean_step) * (past.values[i] - mean_value);
    variance += (past.steps[i] - mean_step) * (past.steps[i] - mean_step);
  }
  const double slope = variance > 0 ? covariance / variance : 0;
  return {slope, mean_value - slope * mean_step};
}

// The value that stood in the same place of the last whole season.
double seasonal_value(const ForecastData& data, series::Window window, std::int64_t ahead,
                      std::int64_t season, std::size_t column, double otherwise) {
  const std::int64_t back = season - ahead % season;  // 1 .. season
  const float value = data.value(window.span, window.target_step - back, column);
  return std::isnan(value) ? otherwise : value;
}

}  // namespace

std::string_view name_of(Baseline baseline) {
  switch (baseline) {
    case Baseline::last:
      return "last";
    case Baseline::seasonal:
      return "seasonal";
    case Baseline::drift:
      return "drift";
    case Baseline::linear:
      return "linear";
  }
  return "unknown";
}

std::vector<float> baseline_forecast(Baseline baseline, const ForecastData& data, series::Window window,
                                     std::int64_t context, std::int64_t horizon, std::int64_t season) {
  check(season >= 1, "a season of {} steps, expected at least 1", season);
  const auto targets = static_cast<std::size_t>(data.panel().targets);
  std::vector<float> forecast(static_cast<std::size_t>(horizon) * targets);  // (H, C)
  for (std::size_t c = 0; c < targets; ++c) {
    const Past past = past_of(data, window, context, c);
    if (past.is_empty()) continue;
    Line line{0, past.values.back()};
    if (baseline == Baseline::drift) line = line_through_ends(past);
    if (baseline == Baseline::linear) line = least_squares_line(past);
    for (std::int64_t h = 0; h < horizon; ++h) {
      double value = line.at_zero + line.slope * static_cast<double>(h);
      if (baseline == Baseline::seasonal) value = seasonal_value(data, window, h, season, c, value);
      forecast[static_cast<std::size_t>(h) * targets + c] = static_cast<float>(value);
    }
  }
  return forecast;
}

}  // namespace attune::tasks
