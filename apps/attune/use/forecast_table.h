// Forecasts as a table like the one that the data came in, and as a picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "attune/plot/forecast_chart.h"
#include "attune/series/tables/read_panel.h"
#include "attune/series/windows.h"
#include "attune/tasks/forecasting/forecast_data.h"
#include "attune/tasks/forecasting/predict.h"

namespace attune::command {

// The places in tasks::forecast_levels of the two ends of an interval of so many per cent; empty for one that
// forecasts do not have.
std::vector<std::size_t> interval_levels(int per_cent);

// A row a time and series: the time, the id where there is one, and of every target its forecast and the ends
// of the intervals, NAME_p10 and NAME_p90 for 80 per cent.
class ForecastTable {
 public:
  // `data` must outlive this.
  ForecastTable(const tasks::ForecastData& data, series::TableFormat format, std::int64_t horizon,
                std::span<const int> intervals);

  void add(std::span<const series::Window> windows, const tasks::Forecasts& forecasts);
  // As a whole or not at all; "": to standard output.
  void write(const std::filesystem::path& path) const;

 private:
  std::string field(const std::string& text) const;
  std::string number(double value) const;

  const tasks::ForecastData& data_;
  series::TableFormat format_;
  std::int64_t horizon_;
  std::vector<std::size_t> levels_;  // both ends of every interval
  std::string text_;
};

// The first series and targets: the end of the past, and the forecast.
class ForecastPicture {
 public:
  ForecastPicture(const tasks::ForecastData& data, std::int64_t context, std::int64_t horizon, int interval);

  void add(std::span<const series::Window> windows, const tasks::Forecasts& forecasts);
  void draw(const std::string& title, const std::filesystem::path& path) const;

 private:
  const tasks::ForecastData& data_;
  std::int64_t past_, horizon_;
  int interval_;
  std::vector<plot::ForecastChart> charts_;
};

}  // namespace attune::command
