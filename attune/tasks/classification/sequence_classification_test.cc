#include "attune/tasks/classification/sequence_classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

namespace attune::tasks {
namespace {

using models::SequenceClassifier;

std::unique_ptr<SequenceClassifier> load(const char* name) {
  return models::load_text_model<SequenceClassifier>(std::filesystem::path(ATTUNE_GOLDENS) / "encoders" /
                                                     name);
}

std::vector<TextInput> some_inputs() {
  return {
      {{2, 5, 6, 3}, {0, 0, 0, 1}}, {{2, 3}, {0, 1}}, {{2, 9, 8, 7, 6, 5, 4, 3}, {0, 0, 1, 1, 1, 1, 1, 1}}};
}

TEST(TextInputs, ABatchIsPaddedToItsLongest) {
  const auto model = load("bert/classification");
  const std::vector<std::uint32_t> which = {0, 2};
  const auto batch = make_text_batch(some_inputs(), which, model->facts());
  EXPECT_EQ(batch.ids.shape(), (Shape{2, 8}));
  EXPECT_EQ(batch.ids.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{2, 5, 6, 3, 0, 0, 0, 0, 2, 9, 8, 7, 6, 5, 4, 3}));
  EXPECT_EQ(batch.token_types.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}));
  for (std::int64_t i = 0; i < 16; ++i) EXPECT_EQ(batch.mask.data<bool>()[i], i < 4 || i >= 8) << i;
  EXPECT_FALSE(make_text_batch(some_inputs(), std::vector<std::uint32_t>{1}, model->facts()).mask.defined());
  EXPECT_FALSE(make_text_batch(some_inputs(), which, load("distilbert/classification")->facts())
                   .token_types.defined());
}

TEST(SequenceClassification, ScoresComeInOrderAndDoNotDependOnTheBatch) {
  for (const char* name : {"bert/classification", "roberta/classification", "distilbert/classification",
                           "albert/classification"}) {
    const auto model = load(name);
    const auto together = *classification_scores(*model, some_inputs(), 3, {});
    const auto alone = *classification_scores(*model, some_inputs(), 1, {});
    ASSERT_EQ(together.size(), 9u);
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(together[i], alone[i], 1e-5) << name << " " << i;
    EXPECT_GT(std::abs(together[0] - together[6]), 1e-4) << "different texts";
  }
}

TEST(SequenceClassification, StopsWhenAsked) {
  EXPECT_FALSE(
      classification_scores(*load("bert/classification"), some_inputs(), 1, {}, [] { return true; }));
}

TEST(SequenceClassification, WhatScoresOfLabelsAreWorth) {
  const std::vector<float> scores = {2, 0, 0, 1, 3, 0, 0, 5};  // predicts 0, 1, 0, 1
  const Evaluation evaluation = evaluate_scores(scores, {.inputs = {}, .labels = {0, 1, 1, 1}});
  const auto loss = [](double difference) { return std::log1p(std::exp(-difference)); };
  EXPECT_NEAR(evaluation.loss, (loss(2) + loss(1) + loss(-3) + loss(5)) / 4, 1e-12);
  EXPECT_EQ(evaluation.metrics[0], (std::pair<std::string, double>("accuracy", 0.75)));
  EXPECT_NEAR(evaluation.metrics[1].second, 2.0 * 2 / (2 + 3),
              1e-12);  // 2 hits of label 1, 2 predicted, 3 actual
}

TEST(SequenceClassification, WhatNumbersAreWorth) {
  const std::vector<float> scores = {1, 2, 3, 5};
  const Evaluation evaluation = evaluate_scores(scores, {.inputs = {}, .labels = {}, .values = {2, 3, 4, 6}});
  EXPECT_DOUBLE_EQ(evaluation.loss, 1);
  EXPECT_NEAR(evaluation.metrics[0].second, 1, 1e-12);
  EXPECT_NEAR(evaluation.metrics[1].second, 1, 1e-12);
}

std::vector<std::string> names_of(const Evaluation& evaluation) {
  std::vector<std::string> names;
  for (const auto& [name, value] : evaluation.metrics) names.push_back(name);
  return names;
}

TEST(SequenceClassification, NamesItsMetricsBeforehand) {
  const auto model = load("bert/classification");
  const LabelledTexts labelled{.inputs = some_inputs(), .labels = {2, 0, 1}},
      numbered{.inputs = some_inputs(), .labels = {}, .values = {1, 2, 4}},
      sets{.inputs = some_inputs(), .labels = {}, .values = {}, .sets = {1, 0, 1, 0, 0, 0, 1, 1, 1}};
  const std::vector<float> numbers = {1, 2, 3}, scores = {1, 2, 3, 3, 2, 1, 1, 2, 3};
  for (const LabelledTexts* texts : {&labelled, &numbered, &sets}) {
    const SequenceClassification task(*model, *texts, *texts, {});
    EXPECT_EQ(task.metric_names(), names_of(evaluate_scores(texts == &numbered ? numbers : scores, *texts)));
    EXPECT_EQ(task.unit(), "texts");
  }
}

TEST(SequenceClassification, TheLossIsThatOfTheBatchesTexts) {
  const auto model = load("bert/classification");
  SequenceClassification task(*model, {.inputs = some_inputs(), .labels = {2, 0, 1}}, std::nullopt,
                              {.batch_size = 3, .seed = 1});
  EXPECT_EQ(task.micro_batches_per_epoch(), 1);
  EXPECT_FALSE(task.has_validation());
  const MicroBatchLoss loss = task.loss({}, {});
  EXPECT_EQ(loss.weight, 3);
  const auto scores = *classification_scores(*model, some_inputs(), 3, {});
  EXPECT_NEAR(loss.loss.item(), evaluate_scores(scores, {.inputs = {}, .labels = {2, 0, 1}}).loss, 1e-5);
}

}  // namespace
}  // namespace attune::tasks
