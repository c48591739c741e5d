// What training, evaluation and forecasting need of a model that continues time series.
//
// Shapes: B windows, L steps of the past (context), H steps of the future (horizon), C targets, P past
// covariates, K future covariates, F calendar fields, Q outputs of the head for each forecast value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/models/weight_table.h"
#include "attune/nn/context.h"
#include "attune/nn/parameters.h"

namespace attune::models {

// A field of the calendar: "hour" has the values 0 .. 23, so its size is 24.
struct CalendarField {
  std::string name;
  std::int64_t size = 0;
};

// What a forecaster takes and gives; its config.json has them beside the sizes of the network.
struct ForecastSizes {
  std::int64_t context = 96, horizon = 96;   // L, H
  std::int64_t targets = 1;                  // C
  std::int64_t past_covariates = 0;          // P
  std::int64_t future_covariates = 0;        // K
  std::vector<CalendarField> calendar = {};  // F; none: the model sees no calendar

  std::int64_t channels() const { return targets + past_covariates; }  // of the past
};

// What the outputs of the head mean.
struct ForecastHead {
  enum class Kind { point, quantiles, student_t } kind = Kind::point;
  std::vector<double> quantiles = {};  // levels in (0, 1), rising; of Kind::quantiles

  // Q: 1; the number of levels; degrees of freedom, location and scale.
  std::int64_t outputs() const;
};

// Values are scaled (series/scaler.h); missing ones are 0.
struct ForecastInputs {
  Tensor past;           // (B, L, C + P) float32
  Tensor observed = {};  // (B, L, C + P) float32: 1, or 0 where missing; undefined when nothing is missing
  // Of the L + H steps of past and future. Undefined when there are no fields, or no future covariates.
  Tensor calendar = {};          // (B, L + H, F) float32: the fields scaled to [-0.5, 0.5] ("timeF")
  Tensor calendar_indices = {};  // (B, L + H, F) int64: the fields' values
  Tensor future_values = {};     // (B, L + H, K) float32
};

// What came: values to learn from and to measure by.
struct ForecastTruth {
  Tensor values;         // (B, H, C) scaled; 0 where missing
  Tensor observed = {};  // (B, H, C) float32: 1, or 0 where missing; undefined when nothing is missing
};

// The head's outputs in units of the window: a forecast is outputs * scale + location where these are
// defined (reversible instance normalisation; Kim et al., 2022), and outputs otherwise. What the outputs
// mean, and their loss, is in models/forecasting/forecast_head.h.
struct ForecastOutput {
  Tensor outputs;                    // (B, H, C, Q)
  Tensor location = {}, scale = {};  // (B, 1, C), or undefined
};

class Forecaster {
 public:
  virtual ~Forecaster() = default;

  virtual const ForecastSizes& sizes() const = 0;
  virtual const ForecastHead& head() const = 0;
  virtual const nn::Parameters& parameters() const = 0;
  virtual const WeightTable& weight_table() const = 0;

  virtual ForecastOutput forecast(const ForecastInputs& inputs, const nn::Context& context) const = 0;

  // What is learned from. Only a model that is trained with teacher forcing looks at the truth.
  virtual ForecastOutput teach(const ForecastInputs& inputs, const ForecastTruth& truth,
                               const nn::Context& context) const {
    (void)truth;
    return forecast(inputs, context);
  }

  // Writes config.json and model.safetensors.
  virtual void save(const std::filesystem::path& directory) const = 0;
};

}  // namespace attune::models
