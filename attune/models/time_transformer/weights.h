// The Time-Series-Library's names, for the models that are made of these blocks.
#pragma once

#include "attune/models/time_transformer/config.h"
#include "attune/models/weight_table.h"

namespace attune::models {

// Weight and bias under two names.
void add_pair(const std::string& ours, const std::string& theirs, WeightTable& table);

// The names of the parameters of an encoder-decoder of these blocks, whatever its attention.
WeightTable time_transformer_weight_table(const TimeTransformerConfig& config);

}  // namespace attune::models
