// A GPT-2 described: where its parameters are, what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/gpt2/config.h"
#include "attune/models/summary.h"

namespace attune::models {

// What a batch of B sequences of T tokens becomes on its way; the layers are alike, so one stands for all.
std::vector<ShapeLine> gpt2_shapes(const Gpt2Config& config, std::int64_t batch, std::int64_t tokens);

// In float32; `batch` sequences of the whole context.
MemoryEstimate gpt2_inference_memory(const Gpt2Config& config, std::int64_t batch);
MemoryEstimate gpt2_training_memory(const Gpt2Config& config, std::int64_t batch, std::int64_t tokens);

std::int64_t gpt2_parameter_count(const Gpt2Config& config);

}  // namespace attune::models
