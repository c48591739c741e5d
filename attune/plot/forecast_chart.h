// Line charts of time series: what was, what is forecast, and how sure that is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace attune::plot {

// One chart. All vectors beside `times` have its length or are empty; NaN leaves a gap.
struct ForecastChart {
  std::string title;
  std::vector<std::int64_t> times = {};     // seconds since 1970, rising
  std::vector<double> actual = {};          // drawn up to where it is known
  std::vector<double> forecast = {};        // NaN before the forecast begins
  std::vector<double> low = {}, high = {};  // the band around the forecast
};

struct ForecastCharts {
  std::string title;
  std::string band_title;             // "80 % interval"
  std::vector<ForecastChart> charts;  // one below the other, at most `most_charts`
};
inline constexpr std::size_t most_charts = 12;

// Draws a .png or .svg file, by the ending of `path`. Throws as draw() of attune/plot/gnuplot.h does.
void draw_forecasts(const ForecastCharts& charts, const std::filesystem::path& path);

}  // namespace attune::plot
