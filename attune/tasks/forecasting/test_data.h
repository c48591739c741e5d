// Small panels for tests.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "attune/tasks/forecasting/forecast_data.h"

namespace attune::tasks::testing {

// Series of `columns` targets, on an hourly grid from 1970, all from step 0; rows of a series follow another.
inline series::Panel small_panel(std::vector<std::vector<double>> series, std::int64_t columns = 1) {
  series::Panel panel;
  panel.targets = columns;
  for (std::int64_t c = 0; c < columns; ++c) panel.columns.push_back("x" + std::to_string(c));
  for (auto& values : series) {
    panel.spans.push_back({.id = std::to_string(panel.spans.size()),
                           .first_step = 0,
                           .length = static_cast<std::int64_t>(values.size()) / columns,
                           .first_row = panel.rows()});
    panel.values.insert(panel.values.end(), values.begin(), values.end());
  }
  return panel;
}

// The same as data whose scaled values are the values.
inline ForecastData small_data(std::vector<std::vector<double>> series, std::int64_t columns = 1) {
  const auto count = static_cast<std::size_t>(columns);
  return {small_panel(std::move(series), columns),
          series::Scaler(std::vector<double>(count, 0), std::vector<double>(count, 1)), nullptr, 0};
}

}  // namespace attune::tasks::testing
