// The families of forecasters by name: reading any of them, and starting a new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
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

// The size of a new network; what is 0, below 0 or empty is the family's own, and what a family does not have
// is refused by name.
struct NetworkSizes {
  std::int64_t layers = 0, decoder_layers = 0, heads = 0, width = 0, feed_forward = 0;
  double dropout = -1;
  std::int64_t patch_length = 0, patch_stride = 0;  // patchtst
  std::int64_t label_length = -1;                   // start tokens of the decoder: transformer, informer
  std::string decoding;                             // transformer: "one-pass" or "autoregressive"
  std::string embed;                                // "timeF", "fixed", "learned": of the calendar
};

// A new model of a family, its parameters drawn. Throws UsageError for a family that is not known, and for
// sizes that make no model.
std::unique_ptr<Forecaster> new_forecaster(const std::string& family, const ForecastSizes& sizes,
                                           const ForecastHead& head, const NetworkSizes& network,
                                           Generator& generator);

}  // namespace attune::models
