// Against scikit-learn, SciPy, seqeval and SQuAD's official scripts: tests/goldens/make_task_metrics.py.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/tasks/metrics/classification.h"
#include "attune/tasks/metrics/entities.h"
#include "attune/tasks/metrics/regression.h"
#include "attune/tasks/metrics/squad.h"

namespace attune::tasks {
namespace {

using nlohmann::json;
using Labels = std::vector<std::int64_t>;
using Tags = std::vector<std::vector<std::string>>;
constexpr double kTolerance = 1e-9;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const json& golden() {
  static const json result = json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/task_metrics.json"));
  return result;
}

void expect_scores(const PrecisionRecall& scores, const json& expected) {
  EXPECT_NEAR(scores.precision, expected[0], kTolerance);
  EXPECT_NEAR(scores.recall, expected[1], kTolerance);
  EXPECT_NEAR(scores.f1, expected[2], kTolerance);
  if (expected.size() > 3) {
    EXPECT_EQ(scores.support, expected[3]);
  }
}

TEST(TaskMetricsTest, ScoresClassesAsScikitLearn) {
  ASSERT_EQ(golden()["classes"].size(), 17u);
  for (const json& expected : golden()["classes"]) {
    SCOPED_TRACE(expected.dump());
    const Labels predictions = expected["predictions"], references = expected["references"];
    EXPECT_NEAR(accuracy(predictions, references), expected["accuracy"], kTolerance);
    EXPECT_NEAR(matthews_correlation(predictions, references), expected["matthews"], kTolerance);
    expect_scores(average_scores(predictions, references, Average::macro), expected["macro"]);
    expect_scores(average_scores(predictions, references, Average::micro), expected["micro"]);
    expect_scores(average_scores(predictions, references, Average::weighted), expected["weighted"]);
    if (expected.contains("binary"))
      expect_scores(binary_scores(predictions, references), expected["binary"]);
    const std::vector<ClassScore> scores = class_scores(predictions, references);
    ASSERT_EQ(scores.size(), expected["classes"].size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const json& row = expected["classes"][i];
      EXPECT_EQ(scores[i].label, row[0]);
      expect_scores(scores[i], {row[1], row[2], row[3], row[4]});
    }
  }
}

TEST(TaskMetricsTest, ScoresNumbersAsScipy) {
  const auto expect_number = [](double number, const json& expected) {
    if (expected.is_null()) {
      EXPECT_TRUE(std::isnan(number)) << number;
    } else {
      EXPECT_NEAR(number, expected, kTolerance * std::max(1.0, std::abs(expected.get<double>())));
    }
  };
  ASSERT_EQ(golden()["numbers"].size(), 14u);
  for (const json& expected : golden()["numbers"]) {
    SCOPED_TRACE(expected.dump());
    const std::vector<float> predictions = expected["predictions"], references = expected["references"];
    expect_number(mean_squared_error(predictions, references), expected["mse"]);
    expect_number(pearson_correlation(predictions, references), expected["pearson"]);
    expect_number(spearman_correlation(predictions, references), expected["spearman"]);
  }
}

TEST(TaskMetricsTest, HasNoCorrelationWithNaN) {
  const std::vector<float> numbers{1, 2, 3, 4}, broken{1, static_cast<float>(kNaN), 0, 2};
  EXPECT_TRUE(std::isnan(pearson_correlation(broken, numbers)));
  EXPECT_TRUE(std::isnan(spearman_correlation(broken, numbers)));
  EXPECT_TRUE(std::isnan(mean_squared_error(broken, numbers)));
}

TEST(TaskMetricsTest, ScoresEntitiesAsSeqeval) {
  ASSERT_EQ(golden()["entities"].size(), 17u);
  for (const json& expected : golden()["entities"]) {
    SCOPED_TRACE(expected.dump());
    const Tags predictions = expected["predictions"], references = expected["references"];
    for (std::size_t i = 0; i < references.size(); ++i) {
      json entities = json::array();
      for (const Entity& entity : entities_of(references[i]))
        entities.push_back({entity.type, entity.begin, entity.end - 1});
      EXPECT_EQ(entities, expected["entities"][i]);
    }
    const EntityScores scores = entity_scores(predictions, references);
    expect_scores(scores.overall, expected["micro"]);
    expect_scores(scores.macro, expected["macro"]);
    expect_scores(scores.weighted, expected["weighted"]);
    EXPECT_NEAR(scores.accuracy, expected["accuracy"], kTolerance);
    ASSERT_EQ(scores.types.size(), expected["types"].size());
    for (const auto& [type, score] : scores.types) expect_scores(score, expected["types"].at(type));
  }
}

TEST(TaskMetricsTest, ScoresAnswersAsTheOfficialScripts) {
  const json& squad = golden()["squad"];
  std::vector<std::string> predictions, answered;
  std::vector<Answers> references, answers;
  std::vector<double> differences;
  ASSERT_EQ(squad["rows"].size(), 300u);
  for (const json& row : squad["rows"]) {
    SCOPED_TRACE(row.dump());
    predictions.push_back(row[0]);
    references.push_back(row[1]);
    differences.push_back(row[2]);
    EXPECT_EQ(normalize_answer(predictions.back()), row[3]);
    const auto v2 = squad_v2_scores({&predictions.back(), 1}, {&references.back(), 1});
    EXPECT_NEAR(v2.exact_match, row[5][0], kTolerance);
    EXPECT_NEAR(v2.f1, row[5][1], kTolerance);
    if (references.back().empty()) continue;
    answered.push_back(row[0]);
    answers.push_back(row[1]);
    const auto v1 = squad_v1_scores({&answered.back(), 1}, {&answers.back(), 1});
    EXPECT_NEAR(v1.exact_match, row[4][0], kTolerance);
    EXPECT_NEAR(v1.f1, row[4][1], kTolerance);
  }
  const auto v1 = squad_v1_scores(answered, answers);
  EXPECT_NEAR(v1.exact_match, squad["v1"]["exact_match"], kTolerance);
  EXPECT_NEAR(v1.f1, squad["v1"]["f1"], kTolerance);
  const auto v2 = squad_v2_scores(predictions, references);
  const json& expected = squad["v2"];
  EXPECT_NEAR(v2.exact_match, expected["exact"], kTolerance);
  EXPECT_NEAR(v2.f1, expected["f1"], kTolerance);
  EXPECT_EQ(v2.questions, expected["total"]);
  EXPECT_NEAR(v2.with_answer.exact_match, expected["HasAns_exact"], kTolerance);
  EXPECT_NEAR(v2.with_answer.f1, expected["HasAns_f1"], kTolerance);
  EXPECT_EQ(v2.with_answer.questions, expected["HasAns_total"]);
  EXPECT_NEAR(v2.without_answer.f1, expected["NoAns_f1"], kTolerance);
  EXPECT_EQ(v2.without_answer.questions, expected["NoAns_total"]);
  const auto best = squad_v2_best_thresholds(predictions, references, differences);
  EXPECT_NEAR(best.exact_match, expected["best_exact"], kTolerance);
  EXPECT_EQ(best.exact_match_threshold, expected["best_exact_thresh"]);
  EXPECT_NEAR(best.f1, expected["best_f1"], kTolerance);
  EXPECT_EQ(best.f1_threshold, expected["best_f1_thresh"]);
}

TEST(TaskMetricsTest, RefusesWhatDoesNotPair) {
  EXPECT_THROW(accuracy(Labels{1, 2}, Labels{1}), UsageError);
  EXPECT_THROW(accuracy({}, {}), UsageError);
  EXPECT_THROW(average_scores({}, {}, Average::macro), UsageError);
  EXPECT_THROW(matthews_correlation(Labels{}, Labels{1}), UsageError);
  EXPECT_THROW(pearson_correlation({}, {}), UsageError);
  EXPECT_THROW(entity_scores(Tags{{"O"}}, Tags{{"O", "O"}}), UsageError);
  EXPECT_THROW(entity_scores(Tags{{}}, Tags{{}}), UsageError);
  EXPECT_THROW(entity_scores({}, {}), UsageError);
  const std::vector<std::string> one{"a"};
  EXPECT_THROW(squad_v1_scores(one, std::vector<Answers>{{}}), UsageError);
  EXPECT_THROW(squad_v2_scores(one, {}), UsageError);
}

}  // namespace
}  // namespace attune::tasks
