// A model described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <string>

namespace attune::models {

struct ShapeLine {
  std::string block;  // "layers.0.attention.query_key_value"
  std::string shape;  // "(B, T, 3 D) = (1, 64, 384)"
};

struct MemoryEstimate {
  std::int64_t parameters = 0;   // bytes of the weights
  std::int64_t cache = 0;        // keys and values of a full context (inference)
  std::int64_t optimizer = 0;    // gradients and the two moments (training)
  std::int64_t activations = 0;  // what the backward pass needs (training), or one pass (inference)

  std::int64_t total() const { return parameters + cache + optimizer + activations; }
};

}  // namespace attune::models
