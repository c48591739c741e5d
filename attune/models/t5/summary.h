// A T5 described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/summary.h"
#include "attune/models/t5/config.h"

namespace attune::models {

// What a batch of B pairs of `tokens` source and target tokens becomes on its way; the layers are alike, so
// one stands for all.
std::vector<ShapeLine> t5_shapes(const T5Config& config, std::int64_t batch, std::int64_t tokens);

// In float32; `batch` pairs of `tokens` each side.
MemoryEstimate t5_inference_memory(const T5Config& config, std::int64_t batch, std::int64_t tokens);
MemoryEstimate t5_training_memory(const T5Config& config, std::int64_t batch, std::int64_t tokens);

}  // namespace attune::models
