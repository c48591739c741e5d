#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/tasks/metrics/bleu.h"
#include "attune/tasks/metrics/chrf.h"

namespace attune::tasks {
namespace {

using Lines = std::vector<std::string>;
constexpr double kTolerance = 1e-9;

struct Golden {
  nlohmann::json json =
      nlohmann::json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/translation_metrics.json"));
  Lines hypotheses, references;

  Golden() {
    for (const auto& line : json["lines"]) {
      hypotheses.push_back(line[0]);
      references.push_back(line[1]);
    }
  }
};

const Golden& golden() {
  static const Golden result;
  return result;
}

// BLEU, lowercased BLEU and chrF, as sacreBLEU gave them.
void expect_scores(const Lines& hypotheses, const Lines& references, const nlohmann::json& expected,
                   std::size_t first = 0) {
  EXPECT_NEAR(corpus_bleu(hypotheses, references).score, expected[first], kTolerance);
  EXPECT_NEAR(corpus_bleu(hypotheses, references, /*lowercase=*/true).score, expected[first + 1], kTolerance);
  EXPECT_NEAR(corpus_chrf(hypotheses, references), expected[first + 2], kTolerance);
}

TEST(TranslationMetricsTest, ScoresACorpusAsSacreBleu) {
  const auto& [json, hypotheses, references] = golden();
  expect_scores(hypotheses, references, json["corpus"]);
  EXPECT_NEAR(corpus_chrf(hypotheses, references, /*lowercase=*/true), json["corpus"][3], kTolerance);
  const BleuScore bleu = corpus_bleu(hypotheses, references);
  for (std::size_t n = 0; n < kBleuOrders; ++n)
    EXPECT_NEAR(bleu.precisions[n], json["precisions"][n], kTolerance);
  EXPECT_NEAR(bleu.brevity_penalty, json["brevity_penalty"], kTolerance);
  EXPECT_EQ(bleu.hypothesis_length, json["lengths"][0]);
  EXPECT_EQ(bleu.reference_length, json["lengths"][1]);
}

TEST(TranslationMetricsTest, ScoresEachHundredLinesAsSacreBleu) {
  const auto& [json, hypotheses, references] = golden();
  for (std::size_t i = 0; i < json["slices"].size(); ++i) {
    const auto from = static_cast<std::ptrdiff_t>(100 * i), to = from + 100;
    expect_scores({hypotheses.begin() + from, hypotheses.begin() + to},
                  {references.begin() + from, references.begin() + to}, json["slices"][i]);
  }
}

TEST(TranslationMetricsTest, ScoresEachOfTheLinesAsSacreBleu) {
  const auto& [json, hypotheses, references] = golden();
  ASSERT_EQ(hypotheses.size(), 1000u);
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    SCOPED_TRACE(json["lines"][i].dump());
    expect_scores({hypotheses[i]}, {references[i]}, json["lines"][i], /*first=*/2);
    EXPECT_EQ(tokenize_13a(hypotheses[i]), json["lines"][i][5]);
  }
}

TEST(TranslationMetricsTest, GivesTheEndsOfTheScale) {
  const Lines same = {"One two three four."}, other = {"Quite unlike"};
  EXPECT_NEAR(corpus_bleu(same, same).score, 100, kTolerance);
  EXPECT_NEAR(corpus_chrf(same, same), 100, kTolerance);
  EXPECT_EQ(corpus_bleu({""}, {""}).score, 0);
  EXPECT_EQ(corpus_chrf({""}, {""}), 0);
  EXPECT_EQ(corpus_bleu({""}, other).brevity_penalty, 0);
}

TEST(TranslationMetricsTest, RefusesListsThatDoNotPair) {
  EXPECT_THROW(corpus_bleu({"a", "b"}, {"a"}), UsageError);
  EXPECT_THROW(corpus_chrf({"a"}, {}), UsageError);
  EXPECT_THROW(corpus_bleu({}, {}), UsageError);
}

}  // namespace
}  // namespace attune::tasks
