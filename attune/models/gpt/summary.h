// A GPT described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/gpt/config.h"
#include "attune/models/summary.h"

namespace attune::models {

// What a batch of B sequences of T tokens becomes on its way; the layers are alike, so one stands for all.
std::vector<ShapeLine> gpt_shapes(const GptConfig& config, std::int64_t batch, std::int64_t tokens);

// In float32; `batch` sequences of the whole context.
MemoryEstimate gpt_inference_memory(const GptConfig& config, std::int64_t batch);
MemoryEstimate gpt_training_memory(const GptConfig& config, std::int64_t batch, std::int64_t tokens);

}  // namespace attune::models
