// A Transformer described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/summary.h"
#include "attune/models/transformer/config.h"

namespace attune::models {

// What a batch of B pairs of T tokens on either side becomes on its way; the layers of a stack are alike, so
// one stands for all.
std::vector<ShapeLine> transformer_shapes(const TransformerConfig& config, std::int64_t batch,
                                          std::int64_t tokens);

// In float32; `batch` pairs of `tokens` on either side. Inference holds one hypothesis of each.
MemoryEstimate transformer_inference_memory(const TransformerConfig& config, std::int64_t batch,
                                            std::int64_t tokens);
MemoryEstimate transformer_training_memory(const TransformerConfig& config, std::int64_t batch,
                                           std::int64_t tokens);

}  // namespace attune::models
