// What the tests of kernels share: values to work on and comparison with a plain float64 reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "attune/tensor/dtype.h"

namespace attune::cpu {

// n normal values, rounded to T.
template <typename T>
std::vector<T> random_values(std::int64_t n, unsigned seed, double deviation = 1.0) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0.0, deviation);
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = T(static_cast<float>(normal(generator)));
  return values;
}

template <typename T>
std::vector<double> to_double(const std::vector<T>& values) {
  std::vector<double> wide(values.size());
  std::transform(values.begin(), values.end(), wide.begin(), [](T v) { return static_cast<float>(v); });
  return wide;
}

// The relative error of one rounding to T.
template <typename T>
constexpr double rounding = sizeof(T) == 2 ? 0x1.0p-8 : 0x1.0p-24;

// |got - expected| <= tolerance + one rounding to T of the expected value, for every element.
template <typename T>
void expect_close(const std::vector<T>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double allowed = tolerance + std::abs(expected[i]) * rounding<T>;
    ASSERT_NEAR(static_cast<float>(got[i]), expected[i], allowed) << "element " << i;
  }
}

struct MatrixSize {
  std::int64_t rows, columns;
};
// Odd, empty and size-1 sizes, and sizes that several threads share.
inline const std::vector<MatrixSize> matrix_sizes = {{0, 5},  {1, 1},    {3, 7},   {2, 16},
                                                     {5, 33}, {37, 129}, {70, 768}};

}  // namespace attune::cpu
