#include "attune/tensor/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace attune {
namespace {

// 53 random bits as a number in [0, 1).
double to_unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 21) ^ (low >> 11);
  return static_cast<double>(bits) * 0x1.0p-53;
}

// Fills `shape` with draw(words, half), two values for every counter index.
template <typename Draw>
Tensor fill(const Shape& shape, DType dtype, Generator& generator, Draw draw) {
  Tensor tensor = Tensor::empty(shape, dtype);
  const std::uint64_t stream = generator.next();
  const auto count = static_cast<std::uint64_t>(tensor.elements());
  const auto write = [&]<typename T>(T* data) {
    for (std::uint64_t i = 0; i < count; ++i) {
      data[i] = static_cast<T>(draw(random_words(generator.seed, stream, i / 2), i % 2));
    }
  };
  if (dtype == DType::float64) {
    write(tensor.mutable_data<double>());
  } else {
    write(tensor.mutable_data<float>());
  }
  return tensor;
}

}  // namespace

RandomWords random_words(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
       static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)}};
  const r123::Philox4x32::key_type key = {
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto words = philox(counter, key);
  return {{words[0], words[1], words[2], words[3]}};
}

std::uint64_t fold_in(std::uint64_t seed, std::uint64_t purpose) {
  // A stream that no generator's counter reaches.
  const RandomWords r = random_words(seed, UINT64_MAX, purpose);
  return (static_cast<std::uint64_t>(r.word[0]) << 32) | r.word[1];
}

double uniform(Generator& generator) {
  const RandomWords r = random_words(generator.seed, generator.next(), 0);
  return to_unit(r.word[0], r.word[1]);
}

std::uint64_t uniform_integer(Generator& generator, std::uint64_t bound) {
  check(bound > 0, "uniform_integer: the bound is 0");
  // Rejecting the incomplete last interval keeps every value equally likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  const std::uint64_t stream = generator.next();
  for (std::uint64_t attempt = 0;; ++attempt) {
    const RandomWords r = random_words(generator.seed, stream, attempt);
    const std::uint64_t value = (static_cast<std::uint64_t>(r.word[0]) << 32) | r.word[1];
    if (value < limit) return value % bound;
  }
}

Tensor random_uniform(const Shape& shape, double low, double high, Generator& generator, DType dtype) {
  return fill(shape, dtype, generator, [=](const RandomWords& r, std::uint64_t half) {
    return low + (high - low) * to_unit(r.word[2 * half], r.word[2 * half + 1]);
  });
}

Tensor random_normal(const Shape& shape, double mean, double deviation, Generator& generator, DType dtype) {
  // Box and Muller: one pair of uniforms gives two independent normals.
  return fill(shape, dtype, generator, [=](const RandomWords& r, std::uint64_t half) {
    const double radius = std::sqrt(-2 * std::log1p(-to_unit(r.word[0], r.word[1])));
    const double angle = 2 * std::numbers::pi * to_unit(r.word[2], r.word[3]);
    return mean + deviation * radius * (half == 0 ? std::cos(angle) : std::sin(angle));
  });
}

}  // namespace attune
