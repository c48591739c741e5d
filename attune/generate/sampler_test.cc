#include "attune/generate/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "attune/base/error.h"

namespace attune::generate {
namespace {

std::map<std::int64_t, int> draw(const SamplingOptions& options, const std::vector<float>& scores,
                                 int count = 4000) {
  Sampler sampler(options);
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < count; ++i) ++counts[sampler.next(scores, {})];
  return counts;
}

// Probabilities 0.5, 0.25, 0.15, 0.1 at temperature 1, out of order.
const std::vector<float> scores = {std::log(0.15F), std::log(0.5F), std::log(0.1F), std::log(0.25F)};

TEST(Sampler, TemperatureZeroTakesTheBest) {
  EXPECT_EQ(draw({.temperature = 0}, scores), (std::map<std::int64_t, int>{{1, 4000}}));
}

TEST(Sampler, DrawsInProportionToTheProbabilities) {
  const auto counts = draw({}, scores);
  EXPECT_NEAR(counts.at(1) / 4000.0, 0.5, 0.03);
  EXPECT_NEAR(counts.at(3) / 4000.0, 0.25, 0.03);
  EXPECT_NEAR(counts.at(2) / 4000.0, 0.1, 0.03);
}

TEST(Sampler, TemperatureSharpens) {
  // At temperature 0.5 probabilities are squared: 0.25 / (0.25 + 0.0625 + 0.0225 + 0.01).
  EXPECT_NEAR(draw({.temperature = 0.5}, scores).at(1) / 4000.0, 0.25 / 0.345, 0.03);
}

TEST(Sampler, TopKKeepsTheBest) {
  const auto counts = draw({.top_k = 2}, scores);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts.at(1) / 4000.0, 2.0 / 3, 0.03);
  EXPECT_TRUE(counts.contains(3));
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesP) {
  EXPECT_EQ(draw({.top_p = 0.6}, scores).size(), 2u);
  EXPECT_EQ(draw({.top_p = 0.4}, scores).size(), 1u);
  EXPECT_EQ(draw({.top_p = 0.95}, scores).size(), 4u);
}

TEST(Sampler, MinPKeepsThoseCloseToTheBest) {
  EXPECT_EQ(draw({.min_p = 0.4}, scores).size(), 2u);
  EXPECT_EQ(draw({.min_p = 0.25}, scores).size(), 3u);
}

TEST(Sampler, RepetitionPenaltyDividesPositiveAndMultipliesNegativeScores) {
  Sampler sampler({.temperature = 0, .repetition_penalty = 2});
  const std::vector<float> raw = {3, 2, -1};
  EXPECT_EQ(sampler.next(raw, std::vector<std::int64_t>{0, 0}), 1);  // 3 / 2 < 2, however often it occurred
  const std::vector<float> negative = {-1, -1.5};
  EXPECT_EQ(sampler.next(negative, std::vector<std::int64_t>{0}), 1);  // -1 * 2 < -1.5
}

TEST(Sampler, IsAFunctionOfItsSeed) {
  Sampler a({.seed = 5}), b({.seed = 5}), c({.seed = 6});
  std::vector<std::int64_t> from_a, from_b, from_c;
  for (int i = 0; i < 50; ++i) {
    from_a.push_back(a.next(scores, {}));
    from_b.push_back(b.next(scores, {}));
    from_c.push_back(c.next(scores, {}));
  }
  EXPECT_EQ(from_a, from_b);
  EXPECT_NE(from_a, from_c);
}

// Sorting them is undefined.
TEST(Sampler, RefusesScoresThatAreNoNumbers) {
  const std::vector<float> unsorted = {1, std::nanf(""), 2};
  EXPECT_THROW(Sampler({.temperature = 0}).next(unsorted, {}), Error);
  EXPECT_THROW(Sampler({.top_p = 0.5}).next(unsorted, {}), Error);
}

TEST(Sampler, RefusesOptionsOutOfRange) {
  EXPECT_THROW(Sampler({.temperature = -1}), UsageError);
  EXPECT_THROW(Sampler({.top_k = -1}), UsageError);
  EXPECT_THROW(Sampler({.top_p = 0}), UsageError);
  EXPECT_THROW(Sampler({.min_p = 1.5}), UsageError);
  EXPECT_THROW(Sampler({.repetition_penalty = 0}), UsageError);
}

}  // namespace
}  // namespace attune::generate
