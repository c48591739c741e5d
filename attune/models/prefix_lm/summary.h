// A prefix language model described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/prefix_lm/config.h"
#include "attune/models/summary.h"

namespace attune::models {

// What a batch of B sequences of T tokens becomes on its way; the layers are alike, so one stands for all.
std::vector<ShapeLine> prefix_lm_shapes(const PrefixLmConfig& config, std::int64_t batch,
                                        std::int64_t tokens);

// In float32; `batch` sequences of the whole context.
MemoryEstimate prefix_lm_inference_memory(const PrefixLmConfig& config, std::int64_t batch);
MemoryEstimate prefix_lm_training_memory(const PrefixLmConfig& config, std::int64_t batch,
                                         std::int64_t tokens);

}  // namespace attune::models
