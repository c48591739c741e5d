// Forecasts that need no model: what a model must beat (Hyndman and Athanasopoulos, Forecasting: Principles
// and Practice, section 5.2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attune/series/windows.h"
#include "attune/tasks/forecasting/forecast_data.h"

namespace attune::tasks {

enum class Baseline : std::uint8_t {
  last,      // the last value again and again (naive)
  seasonal,  // the value one season before (seasonal naive); missing ones as `last`
  drift,     // the straight line from the first to the last value of the past, continued
  linear,    // the least-squares line through the past, continued
};
constexpr Baseline all_baselines[] = {Baseline::last, Baseline::seasonal, Baseline::drift, Baseline::linear};
std::string_view name_of(Baseline baseline);

// What it says of a window: (H, C) scaled values, row by row; 0, the mean of the training data, for a target
// of which the past has no value. `season` is in steps; a season longer than the past reaches back before it.
std::vector<float> baseline_forecast(Baseline baseline, const ForecastData& data, series::Window window,
                                     std::int64_t context, std::int64_t horizon, std::int64_t season);

}  // namespace attune::tasks
