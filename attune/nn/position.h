// Sinusoidal position encodings (1706.03762, section 3.5). Learned positions are an nn::Embedding over
// positions.
#pragma once

#include "attune/tensor/tensor.h"

namespace attune::nn {

// How sine and cosine share the dimensions.
enum class SinusoidOrder {
  interleaved,  // the paper's: PE(pos, 2i) = sin, PE(pos, 2i+1) = cos
  halves,       // all sines, then all cosines (tensor2tensor, Marian)
};

// Encodings of positions first .. first + count - 1: (count, width) float32, each value in [-1, 1]. The angle
// of pair i at position p is p / 10000^(2i / width). `width` must be even. Defined for every position.
Tensor sinusoidal_positions(std::int64_t first, std::int64_t count, std::int64_t width, SinusoidOrder order);

}  // namespace attune::nn
