#include "attune/tasks/forecasting/forecast_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/base/error.h"
#include "attune/tasks/forecasting/calibration.h"

namespace attune::tasks {
namespace {

double mean(double sum, std::int64_t count) {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

// The loss whose minimum is the quantile at `level` (Koenker and Bassett, 1978).
double pinball(double level, double quantile, double truth) {
  return truth >= quantile ? level * (truth - quantile) : (1 - level) * (quantile - truth);
}

}  // namespace

void ErrorSums::add(double forecast, double truth, double original_forecast, double original_truth,
                    double naive_error) {
  const double error = std::abs(forecast - truth), original = std::abs(original_forecast - original_truth);
  ++count_;
  squared_ += error * error;
  absolute_ += error;
  scaled_by_naive_ += error / naive_error;
  original_squared_ += original * original;
  original_absolute_ += original;
  if (original_truth != 0) {
    ++percentages_;
    percentage_ += 100 * original / std::abs(original_truth);
  }
  const double both = std::abs(original_forecast) + std::abs(original_truth);
  symmetric_percentage_ += both > 0 ? 200 * original / both : 0;
}

void ErrorSums::add_quantile(double level, double quantile, double truth, double unit) {
  ++quantiles_;
  const double loss = pinball(level, quantile, truth);
  pinball_ += loss;
  original_pinball_ += loss * unit;
}

void ErrorSums::add_interval(bool covered) {
  ++intervals_;
  covered_ += covered ? 1 : 0;
}

void ErrorSums::add(const ErrorSums& other) {
  count_ += other.count_;
  percentages_ += other.percentages_;
  quantiles_ += other.quantiles_;
  intervals_ += other.intervals_;
  covered_ += other.covered_;
  squared_ += other.squared_;
  absolute_ += other.absolute_;
  scaled_by_naive_ += other.scaled_by_naive_;
  pinball_ += other.pinball_;
  original_squared_ += other.original_squared_;
  original_absolute_ += other.original_absolute_;
  percentage_ += other.percentage_;
  symmetric_percentage_ += other.symmetric_percentage_;
  original_pinball_ += other.original_pinball_;
}

std::vector<std::pair<std::string, double>> ErrorSums::metrics() const {
  const double squared = mean(squared_, count_), original = mean(original_squared_, count_);
  std::vector<std::pair<std::string, double>> metrics{{"mse", squared},
                                                      {"mae", mean(absolute_, count_)},
                                                      {"rmse", std::sqrt(squared)},
                                                      {"mase", mean(scaled_by_naive_, count_)}};
  if (quantiles_ > 0) metrics.emplace_back("pinball", mean(pinball_, quantiles_));
  if (intervals_ > 0) metrics.emplace_back("coverage", mean(static_cast<double>(covered_), intervals_));
  metrics.insert(metrics.end(), {{"original.mse", original},
                                 {"original.mae", mean(original_absolute_, count_)},
                                 {"original.rmse", std::sqrt(original)},
                                 {"original.mape", mean(percentage_, percentages_)},
                                 {"original.smape", mean(symmetric_percentage_, count_)}});
  if (quantiles_ > 0) metrics.emplace_back("original.pinball", mean(original_pinball_, quantiles_));
  return metrics;
}

ForecastScores::ForecastScores(const ForecastData& data, std::int64_t horizon,
                               std::vector<double> naive_errors, double interval)
    : data_(data),
      horizon_(horizon),
      naive_errors_(std::move(naive_errors)),
      interval_(interval),
      by_step_(static_cast<std::size_t>(horizon)),
      by_series_(data.panel().spans.size() * static_cast<std::size_t>(data.panel().targets)) {
  check(std::ssize(naive_errors_) == data.panel().targets, "{} naive errors for {} targets",
        naive_errors_.size(), data.panel().targets);
}

void ForecastScores::add(series::Window window, const WindowForecast& forecast) {
  const auto targets = static_cast<std::size_t>(data_.panel().targets);
  const auto low = place_of_level(forecast.levels, (1 - interval_) / 2);
  const auto high = place_of_level(forecast.levels, (1 + interval_) / 2);
  for (std::int64_t h = 0; h < horizon_; ++h) {
    for (std::size_t c = 0; c < targets; ++c) {
      const double truth = data_.value(window.span, window.target_step + h, c);
      if (std::isnan(truth)) continue;
      const std::size_t at = static_cast<std::size_t>(h) * targets + c;
      const double point = forecast.point[at], unit = data_.scaler().deviations()[c];
      const auto quantiles = forecast.quantiles.subspan(at * forecast.levels.size(), forecast.levels.size());
      ErrorSums sums;
      sums.add(point, truth, data_.scaler().original(point, c), data_.scaler().original(truth, c),
               naive_errors_[c]);
      for (std::size_t q = 0; q < forecast.levels.size(); ++q)
        sums.add_quantile(forecast.levels[q], quantiles[q], truth, unit);
      if (low && high) sums.add_interval(truth >= quantiles[*low] && truth <= quantiles[*high]);
      by_step_[static_cast<std::size_t>(h)].add(sums);
      by_series_[window.span * targets + c].add(sums);
    }
  }
}

ErrorSums ForecastScores::overall() const {
  ErrorSums all;
  for (const ErrorSums& step : by_step_) all.add(step);
  return all;
}

const ErrorSums& ForecastScores::of(std::size_t span, std::size_t target) const {
  return by_series_[span * static_cast<std::size_t>(data_.panel().targets) + target];
}

std::vector<double> naive_errors(const ForecastData& data, std::int64_t end, std::int64_t season) {
  const auto& panel = data.panel();
  std::vector<double> errors(static_cast<std::size_t>(panel.targets));
  for (std::size_t c = 0; c < errors.size(); ++c) {
    double sum = 0;
    std::int64_t count = 0;
    for (std::size_t s = 0; s < panel.spans.size(); ++s) {
      const std::int64_t last = std::min(end, panel.spans[s].end_step());
      for (std::int64_t step = panel.spans[s].first_step + season; step < last; ++step) {
        const double error = std::abs(data.value(s, step, c) - data.value(s, step - season, c));
        if (std::isnan(error)) continue;
        sum += error;
        ++count;
      }
    }
    errors[c] = count > 0 && sum > 0 ? sum / static_cast<double>(count) : 1;
  }
  return errors;
}

}  // namespace attune::tasks
