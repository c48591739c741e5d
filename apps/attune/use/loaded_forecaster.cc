#include "apps/attune/use/loaded_forecaster.h"

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/models/forecasting/families.h"

namespace attune::command {

tasks::ForecastData LoadedForecaster::read(const std::filesystem::path& file, std::int64_t ahead,
                                           std::FILE* progress, series::TableFormat* format) const {
  series::ReadPanel read = series::read_like(file, processor);
  if (progress != nullptr) {
    for (const std::string& note : read.notes) io::print_message(progress, "{}\n", note);
  }
  if (format != nullptr) *format = read.format;
  auto calendar = processor.make_calendar(read.panel.grid, directory);
  return {std::move(read.panel), processor.scaler, std::move(calendar), ahead};
}

tasks::Forecasts LoadedForecaster::roll(const tasks::ForecastData& data,
                                        std::span<const series::Window> windows, std::int64_t horizon,
                                        const nn::Context& context) const {
  tasks::Forecasts forecasts = tasks::roll(*model, calibration, data, windows, horizon, context);
  const float* const point = forecasts.point.data<float>();
  check(std::all_of(point, point + forecasts.point.elements(), [](float x) { return std::isfinite(x); }),
        "{} gives forecasts that are no numbers: its weights hold some that are none", directory.string());
  return forecasts;
}

LoadedForecaster load_forecaster_for_use(const std::filesystem::path& directory) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  check(models::is_forecaster(directory),
        "{} is no forecaster: attune train forecast makes one, of time series", directory.string());
  LoadedForecaster loaded{.directory = directory,
                          .model = models::load_forecaster(directory),
                          .processor = series::read_processor(directory),
                          .calibration = tasks::Calibration::read(directory)};
  const models::ForecastSizes& sizes = loaded.model->sizes();
  const series::PanelOptions& table = loaded.processor.table;
  check(sizes.targets == std::ssize(table.targets) &&
            sizes.past_covariates == std::ssize(table.past_covariates) &&
            sizes.future_covariates == std::ssize(table.future_covariates),
        "{}: config.json is of a model of {} targets, {} past and {} future covariates, "
        "preprocessor_config.json of {}, {} and {}",
        directory.string(), sizes.targets, sizes.past_covariates, sizes.future_covariates,
        table.targets.size(), table.past_covariates.size(), table.future_covariates.size());
  check(sizes.calendar.size() == loaded.processor.calendar.size(),
        "{}: config.json is of a model that sees {} fields of the calendar, preprocessor_config.json has {}",
        directory.string(), sizes.calendar.size(), loaded.processor.calendar.size());
  check(loaded.calibration.is_empty() ||
            (loaded.calibration.horizon() == sizes.horizon && loaded.calibration.targets() == sizes.targets),
        "{}: calibration.safetensors is of another model: of {} steps and {} targets, expected {} and {}",
        directory.string(), loaded.calibration.is_empty() ? 0 : loaded.calibration.horizon(),
        loaded.calibration.is_empty() ? 0 : loaded.calibration.targets(), sizes.horizon, sizes.targets);
  return loaded;
}

}  // namespace attune::command
