// The Time-Series-Library's names, for the models that are made of these blocks.
#pragma once

#include "attune/models/time_transformer/config.h"
#include "attune/models/weight_table.h"

namespace attune::models {

// An nn::DataEmbedding `ours`, which the library calls `theirs`.
void add_embedding_rules(const nn::DataEmbedding::Options& options, const std::string& ours,
                         const std::string& theirs, WeightTable& table);

// Weight and bias under two names.
void add_pair(const std::string& ours, const std::string& theirs, WeightTable& table);

// The feed-forward network of a layer: convolutions of width 1 in the library.
void add_feed_forward_rules(const std::string& ours, const std::string& theirs, WeightTable& table);

// The names of a model's parameters.
WeightTable time_transformer_weight_table(const TimeTransformerConfig& config);

}  // namespace attune::models
