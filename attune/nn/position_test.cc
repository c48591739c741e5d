#include "attune/nn/position.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace attune::nn {
namespace {

constexpr SinusoidOrder orders[] = {SinusoidOrder::interleaved, SinusoidOrder::halves};

double dot(const std::vector<float>& table, std::int64_t width, std::int64_t a, std::int64_t b) {
  double sum = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    sum += static_cast<double>(table[static_cast<std::size_t>(a * width + i)]) *
           table[static_cast<std::size_t>(b * width + i)];
  }
  return sum;
}

TEST(SinusoidalPositions, FollowThePapersFormula) {
  const auto table = sinusoidal_positions(0, 8, 6, SinusoidOrder::interleaved).to_vector<float>();
  for (int p = 0; p < 8; ++p) {
    for (int i = 0; i < 3; ++i) {
      const double angle = p / std::pow(10000.0, 2.0 * i / 6);
      EXPECT_NEAR(table[static_cast<std::size_t>(p * 6 + 2 * i)], std::sin(angle), 1e-6);
      EXPECT_NEAR(table[static_cast<std::size_t>(p * 6 + 2 * i + 1)], std::cos(angle), 1e-6);
    }
  }
}

TEST(SinusoidalPositions, TheTwoOrdersAreAPermutationOfOneAnother) {
  const auto interleaved = sinusoidal_positions(5, 3, 8, SinusoidOrder::interleaved).to_vector<float>();
  const auto halves = sinusoidal_positions(5, 3, 8, SinusoidOrder::halves).to_vector<float>();
  for (std::size_t p = 0; p < 3; ++p) {
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(interleaved[p * 8 + 2 * i], halves[p * 8 + i]);
      EXPECT_EQ(interleaved[p * 8 + 2 * i + 1], halves[p * 8 + 4 + i]);
    }
  }
}

TEST(SinusoidalPositions, AreUniqueAndBounded) {
  for (SinusoidOrder order : orders) {
    const auto table = sinusoidal_positions(0, 5000, 32, order).to_vector<float>();
    std::set<std::vector<float>> rows;
    for (std::size_t p = 0; p < 5000; ++p) {
      rows.emplace(table.begin() + static_cast<std::ptrdiff_t>(p * 32),
                   table.begin() + static_cast<std::ptrdiff_t>(p * 32 + 32));
    }
    EXPECT_EQ(rows.size(), 5000u);
    for (float value : table) EXPECT_LE(std::abs(value), 1.0F);
  }
}

TEST(SinusoidalPositions, SimilarityDependsOnDistanceAlone) {
  for (SinusoidOrder order : orders) {
    const auto table = sinusoidal_positions(0, 300, 64, order).to_vector<float>();
    for (std::int64_t distance : {1, 7, 40}) {
      const double expected = dot(table, 64, 0, distance);
      for (std::int64_t p : {13, 100, 250}) EXPECT_NEAR(dot(table, 64, p, p + distance), expected, 1e-4);
    }
  }
}

TEST(SinusoidalPositions, AreDefinedBeyondAnyTrainedLength) {
  const auto far = sinusoidal_positions(1'000'000, 2, 16, SinusoidOrder::halves).to_vector<float>();
  EXPECT_NEAR(far[0], std::sin(1'000'000.0), 1e-6);
  EXPECT_NE(std::vector<float>(far.begin(), far.begin() + 16),
            std::vector<float>(far.begin() + 16, far.end()));
}

TEST(SinusoidalPositions, RefuseAnOddWidth) {
  EXPECT_THROW(sinusoidal_positions(0, 1, 7, SinusoidOrder::halves), Error);
}

}  // namespace
}  // namespace attune::nn
