// A forecaster as the verbs have it that use one: the model, what its directory says of its data, and a file
// read accordingly.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "attune/models/forecasting/forecaster.h"
#include "attune/series/processor.h"
#include "attune/tasks/forecasting/calibration.h"
#include "attune/tasks/forecasting/forecast_data.h"
#include "attune/tasks/forecasting/predict.h"

namespace attune::command {

struct LoadedForecaster {
  std::filesystem::path directory;
  std::unique_ptr<models::Forecaster> model;
  series::Processor processor;
  tasks::Calibration calibration;

  // Reads a file as the training data was read, and scales it. The calendar reaches `ahead` steps beyond its
  // end. What was found in it is told on `progress`, unless that is null. Throws Error for a file that does
  // not fit.
  tasks::ForecastData read(const std::filesystem::path& file, std::int64_t ahead, std::FILE* progress,
                           series::TableFormat* format = nullptr) const;

  // tasks::roll() of this model. Throws Error for forecasts that are no numbers.
  tasks::Forecasts roll(const tasks::ForecastData& data, std::span<const series::Window> windows,
                        std::int64_t horizon, const nn::Context& context) const;
};

// Throws Error for a directory that is no forecaster, or lacks what it needs.
LoadedForecaster load_forecaster_for_use(const std::filesystem::path& directory);

}  // namespace attune::command
