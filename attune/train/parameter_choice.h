// Which parameters a run trains, and how fast: --freeze and --layer-lr-decay. Both go by the names that
// parameters have in the checkpoint.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "attune/models/weight_table.h"
#include "attune/nn/parameters.h"

namespace attune::train {

// The parameters, by our names, of which a pattern fits the name in the checkpoint: "*" stands for any text,
// "?" for one letter, "[0-5]" for one of these (fnmatch(3)), and a name without them for itself.
//
// Throws UsageError for a pattern that fits nothing, with the name that is nearest; for one that fits a part
// of what is trained as one tensor (queries, keys and values); and when nothing is left to train.
std::set<std::string> frozen_parameters(const nn::Parameters& parameters, const models::WeightTable& table,
                                        const std::vector<std::string>& patterns);

// What the learning rate of each parameter, by our names, is multiplied with: decay^d, where d counts from
// the top (ULMFiT, Howard and Ruder, 1801.06146, section 3.2; BEiT, 2106.08254, appendix). Layers are what
// checkpoints number: with L layers, layer i has d = L - i, so that the last has 1; what stands before the
// first layer (embeddings) has L + 1; what stands after (heads, poolers, a last norm) has 0. An encoder and
// a decoder each count from their own top, and embeddings lie below the deeper of them. A layer that is used
// again and again (ALBERT's) is one layer.
std::map<std::string, double> layer_factors(const nn::Parameters& parameters,
                                            const models::WeightTable& table, double decay);

}  // namespace attune::train
