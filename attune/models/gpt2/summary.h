// A GPT-2 described: where its parameters are, what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attune/models/gpt2/config.h"

namespace attune::models {

struct ShapeLine {
  std::string block;  // "layers.0.attention.query_key_value"
  std::string shape;  // "(B, T, 3 D) = (1, 64, 384)"
};

// What a batch of B sequences of T tokens becomes on its way; the layers are alike, so one stands for all.
std::vector<ShapeLine> gpt2_shapes(const Gpt2Config& config, std::int64_t batch, std::int64_t tokens);

struct MemoryEstimate {
  std::int64_t parameters = 0;   // bytes of the weights
  std::int64_t cache = 0;        // keys and values of a full context (inference)
  std::int64_t optimizer = 0;    // gradients and the two moments (training)
  std::int64_t activations = 0;  // what the backward pass needs (training), or one pass (inference)

  std::int64_t total() const { return parameters + cache + optimizer + activations; }
};

// In float32; `batch` sequences of the whole context.
MemoryEstimate gpt2_inference_memory(const Gpt2Config& config, std::int64_t batch);
MemoryEstimate gpt2_training_memory(const Gpt2Config& config, std::int64_t batch, std::int64_t tokens);

std::int64_t gpt2_parameter_count(const Gpt2Config& config);

}  // namespace attune::models
