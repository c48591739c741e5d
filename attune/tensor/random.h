// Counter-based random numbers (Philox4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// 2011).
#pragma once

#include <cstdint>

#include "attune/tensor/tensor.h"

namespace attune {

// A stream of random numbers: a pure function of (seed, counter). Each use takes the next counter value, and
// the two numbers are the whole state, so a run can be saved and continued.
struct Generator {
  std::uint64_t seed = 0;
  std::uint64_t counter = 0;

  // A fresh counter value; the caller may draw from (seed, value, element index) as often as it likes.
  std::uint64_t next() { return counter++; }
};

// Four random 32-bit words, the value of the stream (seed, stream) at `index`.
struct RandomWords {
  std::uint32_t word[4];
};
RandomWords random_words(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

// A seed for another purpose, unrelated to `seed` and to those of other purposes.
std::uint64_t fold_in(std::uint64_t seed, std::uint64_t purpose);

// A number in [0, 1) from the generator's next counter value.
double uniform(Generator& generator);
// An integer in [0, bound) without bias.
std::uint64_t uniform_integer(Generator& generator, std::uint64_t bound);

// Tensors of random values; float32 or float64.
Tensor random_uniform(const Shape& shape, double low, double high, Generator& generator,
                      DType dtype = DType::float32);
Tensor random_normal(const Shape& shape, double mean, double deviation, Generator& generator,
                     DType dtype = DType::float32);

}  // namespace attune
