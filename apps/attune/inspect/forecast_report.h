// How good forecasts were: as tables, as JSON, and as a picture beside what came.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/attune/use/series_chart.h"
#include "attune/series/split.h"
#include "attune/tasks/forecasting/forecast_scores.h"

namespace attune::command {

struct ForecastReport {
  const tasks::ForecastData& data;
  std::string part;  // "test"
  series::Steps steps;
  std::int64_t windows, too_short;  // series without a window
  const tasks::ForecastScores& model;
  const std::vector<tasks::ForecastScores>& baselines;  // in the order of tasks::all_baselines
};

void print_forecast_report(const ForecastReport& report, bool json);

// Forecasts that follow each other, of the first series and targets.
class BackTest {
 public:
  BackTest(const tasks::ForecastData& data, std::int64_t horizon);

  // Takes those windows that begin where the last one taken of their series ended.
  void add(series::Window window, const tasks::WindowForecast& forecast);
  void draw(const std::string& title, const std::filesystem::path& path) const;

 private:
  struct Series {
    std::size_t span, target;
    std::int64_t next_step = -1;  // the first that has no forecast yet; -1: none has
    SeriesChart chart;
  };
  // Null for one too many.
  Series* series_of(std::size_t span, std::size_t target);

  const tasks::ForecastData& data_;
  std::int64_t horizon_;
  std::vector<Series> series_;
};

}  // namespace attune::command
