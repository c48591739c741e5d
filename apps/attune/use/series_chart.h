// Forecasts of a series as a chart, in the units of the data.
#pragma once

#include <cstdint>
#include <string>

#include "attune/plot/forecast_chart.h"
#include "attune/series/windows.h"
#include "attune/tasks/forecasting/forecast_data.h"
#include "attune/tasks/forecasting/predict.h"

namespace attune::command {

// Of a target of a series: "OT", or "shop 7 sales".
std::string series_name(const tasks::ForecastData& data, std::size_t span, std::size_t target);

// One target of a series.
class SeriesChart {
 public:
  // `data` must outlive this.
  SeriesChart(const tasks::ForecastData& data, std::size_t span, std::size_t target);

  // Steps [begin, end) as they were, without a forecast.
  void add_past(std::int64_t begin, std::int64_t end);
  // The steps of a window beside what came of them, as far as it is known. The band is the interval of so
  // many per cent, where the forecast has its ends.
  void add_forecast(series::Window window, const tasks::WindowForecast& forecast, int interval);

  const plot::ForecastChart& chart() const { return chart_; }

 private:
  void add(std::int64_t step, double forecast, double low, double high);

  const tasks::ForecastData& data_;
  std::size_t span_, target_;
  plot::ForecastChart chart_;
};

}  // namespace attune::command
