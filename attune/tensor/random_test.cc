#include "attune/tensor/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

namespace attune {
namespace {

std::array<std::uint32_t, 4> words(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const RandomWords random = random_words(seed, stream, index);
  return {random.word[0], random.word[1], random.word[2], random.word[3]};
}

// The known answers of Philox4x32-10 that Random123 publishes (kat_vectors): counter words 0 and 1 are our
// index, 2 and 3 the stream, the key is the seed.
TEST(Philox, GivesThePublishedAnswers) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(words(0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(~0ull, ~0ull, ~0ull), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(0x299f31d0a4093822ull, 0x0370734413198a2eull, 0x85a308d3243f6a88ull),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Uniform, TakesOneCounterValueEach) {
  Generator generator{.seed = 5};
  const double first = uniform(generator), second = uniform(generator);
  EXPECT_EQ(generator.counter, 2u);
  EXPECT_NE(first, second);
  Generator again{.seed = 5, .counter = 1};
  EXPECT_EQ(uniform(again), second);
}

TEST(Uniform, FillsTheIntervalEvenly) {
  Generator generator{.seed = 1};
  std::array<int, 10> bins{};
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    const double u = uniform(generator);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++bins[static_cast<std::size_t>(u * 10)];
  }
  double chi_squared = 0;
  for (int count : bins) chi_squared += std::pow(count - draws / 10, 2) / (draws / 10);
  EXPECT_LT(chi_squared, 27.9);  // 9 degrees of freedom, 0.1 %
}

TEST(UniformInteger, ReachesEveryValueBelowTheBound) {
  Generator generator{.seed = 2};
  std::array<int, 7> bins{};
  constexpr int draws = 14000;
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t value = uniform_integer(generator, 7);
    ASSERT_LT(value, 7u);
    ++bins[value];
  }
  double chi_squared = 0;
  for (int count : bins) chi_squared += std::pow(count - draws / 7, 2) / (draws / 7);
  EXPECT_LT(chi_squared, 22.5);  // 6 degrees of freedom, 0.1 %
  EXPECT_EQ(uniform_integer(generator, 1), 0u);
  EXPECT_THROW(uniform_integer(generator, 0), Error);
  // A bound just above 2^63 would be reached with a bias of two without rejection.
  const std::uint64_t bound = (1ull << 63) + 1;
  for (int i = 0; i < 100; ++i) EXPECT_LT(uniform_integer(generator, bound), bound);
}

struct Moments {
  double mean = 0, variance = 0, kurtosis = 0;
};

Moments moments(const std::vector<double>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (double v : values) m.mean += v / n;
  for (double v : values) m.variance += std::pow(v - m.mean, 2) / n;
  for (double v : values) m.kurtosis += std::pow(v - m.mean, 4) / n / (m.variance * m.variance);
  return m;
}

TEST(RandomTensors, HaveTheAskedDistribution) {
  Generator generator{.seed = 3};
  constexpr std::int64_t n = 200001;  // odd: the last pair is used by half
  const auto normal = random_normal({n}, 2, 0.5, generator, DType::float64).to_vector<double>();
  const Moments m = moments(normal);
  EXPECT_NEAR(m.mean, 2, 5 * 0.5 / std::sqrt(n));
  EXPECT_NEAR(m.variance, 0.25, 5 * 0.25 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m.kurtosis, 3, 5 * std::sqrt(24.0 / n));
  const auto flat = random_uniform({n}, -1, 3, generator, DType::float64).to_vector<double>();
  const Moments u = moments(flat);
  EXPECT_NEAR(u.mean, 1, 5 * std::sqrt(16.0 / 12 / n));
  EXPECT_NEAR(u.variance, 16.0 / 12, 0.02);
  EXPECT_NEAR(u.kurtosis, 1.8, 0.02);
}

TEST(RandomTensors, NeighboursAreIndependent) {
  Generator generator{.seed = 4};
  const auto x = random_normal({100000}, 0, 1, generator, DType::float64).to_vector<double>();
  for (std::size_t lag : {1u, 2u, 3u, 4u, 64u}) {
    double correlation = 0;
    for (std::size_t i = lag; i < x.size(); ++i)
      correlation += x[i] * x[i - lag] / static_cast<double>(x.size());
    EXPECT_NEAR(correlation, 0, 5 / std::sqrt(static_cast<double>(x.size()))) << "lag " << lag;
  }
}

TEST(RandomTensors, AreAFunctionOfSeedAndCounter) {
  Generator a{.seed = 9}, b{.seed = 9}, c{.seed = 10};
  const auto first = random_normal({3, 5}, 0, 1, a).to_vector<float>();
  EXPECT_EQ(random_normal({3, 5}, 0, 1, b).to_vector<float>(), first);
  EXPECT_NE(random_normal({3, 5}, 0, 1, c).to_vector<float>(), first);
  EXPECT_NE(random_normal({3, 5}, 0, 1, a).to_vector<float>(), first);
  EXPECT_EQ(a.counter, 2u);
}

}  // namespace
}  // namespace attune
