// What these models make of the inputs of a forecast.
#pragma once

#include "attune/models/time_transformer/config.h"
#include "attune/nn/temporal_embedding.h"

namespace attune::models {

// What the network sees: the inputs or, with `use_norm`, their past in units of its windows, which `output`
// gets. Throws Error, naming the model, for a past that does not have the shape (B, L, C + P) of float32.
ForecastInputs seen_inputs(const ForecastInputs& inputs, const TimeTransformerConfig& config,
                           const char* model, ForecastOutput& output);

// The marks of all L + H steps.
nn::TimeMarks marks_of(const ForecastInputs& inputs);

// Start tokens and placeholders: the last `label_len` steps of the past and zeros for what is to come,
// (B, label_len + H, C + P).
Tensor with_placeholders(const ForecastInputs& inputs, std::int64_t label_len, std::int64_t horizon);

// What the head says, from the output of a projection: (B, T, C Q) -> (B, T, C, Q) float32.
Tensor split_outputs(const Tensor& projected, const ForecastSizes& sizes, const ForecastHead& head);

}  // namespace attune::models
