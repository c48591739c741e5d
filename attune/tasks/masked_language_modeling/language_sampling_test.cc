#include "attune/tasks/masked_language_modeling/language_sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(LanguageSampling, SharesAreExponentiallySmoothed) {
  const std::vector<std::int64_t> sizes = {1000, 10};
  const double a = std::pow(1000, 0.7), b = std::pow(10, 0.7);
  EXPECT_THAT(smoothed_shares(sizes, 0.7),
              ElementsAre(DoubleNear(a / (a + b), 1e-12), DoubleNear(b / (a + b), 1e-12)));
  EXPECT_THAT(smoothed_shares(sizes, 0), ElementsAre(0.5, 0.5));
  EXPECT_THAT([&] { smoothed_shares(sizes, 1.5); },
              ThrowsMessage<UsageError>(HasSubstr("--language-smoothing is 1.5")));
}

std::map<std::pair<std::size_t, std::int64_t>, int> counts(const LanguageSampling& sampling,
                                                           std::int64_t epoch) {
  std::map<std::pair<std::size_t, std::int64_t>, int> taken;
  for (std::int64_t place = 0; place < sampling.per_epoch(); ++place) {
    const auto choice = sampling.at(epoch, place);
    ++taken[{choice.language, choice.example}];
  }
  return taken;
}

TEST(LanguageSampling, UnsmoothedAnEpochHasEveryExampleOnce) {
  const LanguageSampling sampling({700, 1, 30}, 1, 5);
  EXPECT_EQ(sampling.per_epoch(), 731);
  for (const std::int64_t epoch : {0, 3}) {
    const auto taken = counts(sampling, epoch);
    EXPECT_EQ(taken.size(), 731u);
    for (std::int64_t place = 0; place < 731; ++place) EXPECT_EQ(sampling.at(epoch, place).visit, epoch);
  }
}

TEST(LanguageSampling, ARareLanguageIsTakenMoreOftenThanItOccurs) {
  const LanguageSampling sampling({1000, 10}, 0.7, 5);
  const double share = 1 / (1 + std::pow(100, 0.7));
  EXPECT_EQ(sampling.per_epoch(1), std::lround(1010 * share));
  std::map<std::size_t, int> of_language;
  std::map<std::int64_t, int> of_example;
  for (const auto& [choice, count] : counts(sampling, 2)) {
    of_language[choice.first] += count;
    if (choice.first == 1) of_example[choice.second] = count;
  }
  EXPECT_EQ(of_language[0] + of_language[1], 1010);
  EXPECT_EQ(of_language[1], sampling.per_epoch(1));
  EXPECT_EQ(of_example.size(), 10u);
  for (const auto& [example, count] : of_example)
    EXPECT_NEAR(count, static_cast<double>(sampling.per_epoch(1)) / 10, 1.5) << example;
}

TEST(LanguageSampling, VisitsCountOnThroughEpochs) {
  const LanguageSampling sampling({50, 3}, 0.5, 9);
  std::map<std::pair<std::size_t, std::int64_t>, std::int64_t> seen;
  std::map<std::size_t, std::vector<std::int64_t>> visits;
  for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
    for (std::int64_t place = 0; place < sampling.per_epoch(); ++place) {
      const auto choice = sampling.at(epoch, place);
      ++seen[{choice.language, choice.example}];
      visits[choice.language].push_back(choice.visit);
    }
  }
  for (const std::size_t language : {std::size_t{0}, std::size_t{1}}) {
    const auto most = std::ranges::max(visits[language]);
    const std::int64_t size = language == 0 ? 50 : 3;
    for (std::int64_t example = 0; example < size; ++example)
      EXPECT_NEAR(static_cast<double>(seen[{language, example}]), static_cast<double>(most) + 0.5, 0.6);
  }
}

TEST(LanguageSampling, OrdersDependOnSeedAndEpoch) {
  const auto order = [](std::uint64_t seed, std::int64_t epoch) {
    const LanguageSampling sampling({40}, 0.7, seed);
    std::vector<std::int64_t> examples;
    for (std::int64_t place = 0; place < 40; ++place) examples.push_back(sampling.at(epoch, place).example);
    return examples;
  };
  EXPECT_EQ(order(1, 0), order(1, 0));
  EXPECT_NE(order(1, 0), order(1, 1));
  EXPECT_NE(order(1, 0), order(2, 0));
}

}  // namespace
}  // namespace attune::tasks
