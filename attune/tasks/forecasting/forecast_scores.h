// How good forecasts are: over all of them, by the step of the horizon, and by series.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attune/series/windows.h"
#include "attune/tasks/forecasting/forecast_data.h"
#include "attune/tasks/forecasting/predict.h"

namespace attune::tasks {

// Sums over forecast values that have a truth. Errors are of standardised values unless said otherwise.
class ErrorSums {
 public:
  // One value: its forecast and its truth in both units; `naive_error` is the mean absolute error of the
  // seasonal naive forecast on the training data, standardised.
  void add(double forecast, double truth, double original_forecast, double original_truth,
           double naive_error);
  // The same value's quantile at `level`, in both units.
  void add_quantile(double level, double quantile, double truth, double unit);
  void add_interval(bool covered);
  void add(const ErrorSums& other);

  // "mse", "mae", "rmse", "mase", then "pinball" and "coverage" where there were quantiles, then the same in
  // the data's own units: "original.mse", "original.mae", "original.rmse", "original.mape" (per cent; values
  // whose truth is 0 do not count), "original.smape" (per cent, 0 to 200), "original.pinball".
  std::vector<std::pair<std::string, double>> metrics() const;
  std::int64_t count() const { return count_; }

 private:
  std::int64_t count_ = 0, percentages_ = 0, quantiles_ = 0, intervals_ = 0, covered_ = 0;
  double squared_ = 0, absolute_ = 0, scaled_by_naive_ = 0, pinball_ = 0;
  double original_squared_ = 0, original_absolute_ = 0, percentage_ = 0, symmetric_percentage_ = 0;
  double original_pinball_ = 0;
};

class ForecastScores {
 public:
  // `naive_errors` has one value a target (see naive_errors()). `interval`: the share of truths that the
  // interval between the outermost quantiles beside (1 - interval) / 2 and (1 + interval) / 2 should cover.
  ForecastScores(const ForecastData& data, std::int64_t horizon, std::vector<double> naive_errors,
                 double interval = 0.8);

  void add(series::Window window, const WindowForecast& forecast);

  ErrorSums overall() const;
  const std::vector<ErrorSums>& by_step() const { return by_step_; }  // H
  // Of a target of a series.
  const ErrorSums& of(std::size_t span, std::size_t target) const;

 private:
  const ForecastData& data_;
  std::int64_t horizon_;
  std::vector<double> naive_errors_;
  double interval_;
  std::vector<ErrorSums> by_step_, by_series_;
};

// For MASE (Hyndman and Koehler, 2006): the mean absolute error of each target's seasonal naive forecast of
// one step, over the rows before grid step `end`, standardised. 1 where it would be 0 or has no rows.
std::vector<double> naive_errors(const ForecastData& data, std::int64_t end, std::int64_t season);

}  // namespace attune::tasks
