// The families of forecasters by name: reading any of them, and starting a new one.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
#include "attune/models/forecasting/network_sizes.h"
#include "attune/tensor/random.h"

namespace attune::models {

// "patchtst", "itransformer", "transformer", "informer", "dlinear": as --model names them.
const std::vector<std::string>& forecaster_families();

// Whether a new model of a family is given the calendar unless the user says otherwise.
bool sees_calendar_by_default(const std::string& family);

// Whether a directory's config.json is one of a forecaster of these.
bool is_forecaster(const std::filesystem::path& directory);

// Reads a model directory of any family, by the "model_type" of its config.json.
std::unique_ptr<Forecaster> load_forecaster(const std::filesystem::path& directory);

// A new model of a family, its parameters drawn. Throws UsageError for a family that is not known, and for
// sizes that make no model.
std::unique_ptr<Forecaster> new_forecaster(const std::string& family, const ForecastSizes& sizes,
                                           const ForecastHead& head, const NetworkSizes& network,
                                           Generator& generator);

}  // namespace attune::models
