#include "attune/tasks/tagging/token_classification.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

namespace attune::tasks {
namespace {

using models::TextLabels;
using models::TokenClassifier;
using ::testing::ElementsAre;
using ::testing::Pair;

std::unique_ptr<TokenClassifier> load(const char* name) {
  return models::load_text_model<TokenClassifier>(std::filesystem::path(ATTUNE_GOLDENS) / "encoders" / name);
}

// A head whose scores are those of the golden model, under other names.
std::unique_ptr<TokenClassifier> with_labels(std::vector<std::string> names) {
  const std::filesystem::path directory = std::filesystem::path(ATTUNE_GOLDENS) / "encoders/bert/tokens";
  auto model = std::make_unique<TokenClassifier>(models::read_text_family(directory),
                                                 TextLabels{.names = std::move(names)});
  model->load(directory);
  return model;
}

// Words of two, one and no tokens, and a short sentence.
WordInputs some_sentences() {
  return {.inputs = {{{2, 5, 6, 7, 8, 3}, {0, 0, 0, 0, 0, 0}}, {{2, 9, 3}, {0, 0, 0}}},
          .word_ids = {{-1, 0, 0, 1, 3, -1}, {-1, 0, -1}}};
}

// What the model says of each word alone: the best label of its first token, or -1.
std::vector<std::vector<std::int64_t>> guesses_of(const TokenClassifier& model) {
  std::vector<std::vector<std::int64_t>> guesses = {{0, 0, -1, 0}, {0}};
  const std::vector<std::vector<std::size_t>> firsts = {{1, 3, 0, 4}, {1}};
  for_each_scored(model, some_sentences().inputs, 1, {}, [&](std::size_t i, std::span<const float> scores) {
    for (std::size_t word = 0; word < guesses[i].size(); ++word) {
      const auto row = scores.subspan(firsts[i][word] * 3, 3);
      if (guesses[i][word] >= 0) guesses[i][word] = std::ranges::max_element(row) - row.begin();
    }
  });
  return guesses;
}

TEST(TokenClassification, ScoresDoNotDependOnTheBatch) {
  for (const char* name : {"bert/tokens", "roberta/tokens", "distilbert/tokens", "albert/tokens"}) {
    const auto model = load(name);
    const auto scores_of = [&](std::int64_t batch_size) {
      std::vector<std::vector<float>> all(2);
      EXPECT_TRUE(for_each_scored(*model, some_sentences().inputs, batch_size, {},
                                  [&](auto i, auto scores) { all[i].assign(scores.begin(), scores.end()); }));
      return all;
    };
    const auto together = scores_of(2), alone = scores_of(1);
    ASSERT_EQ(together[0].size(), 6u * 3);
    ASSERT_EQ(together[1].size(), 3u * 3);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < alone[i].size(); ++j)
        EXPECT_NEAR(together[i][j], alone[i][j], 1e-5) << name;
    }
  }
}

TEST(TokenClassification, StopsWhenAsked) {
  const LabelledSentences truth{some_sentences(), {{0, 1, 2, 0}, {1}}};
  EXPECT_FALSE(evaluate_words(*load("bert/tokens"), truth, 1, {}, [] { return true; }));
}

TEST(TokenClassification, LearnsFirstTokensOnly) {
  const auto model = load("bert/tokens");
  const LabelledSentences truth{some_sentences(), {{0, 1, 2, 0}, {1}}};
  TokenClassification task(*model, truth, truth, {.batch_size = 2, .seed = 1});
  EXPECT_EQ(task.micro_batches_per_epoch(), 1);
  const MicroBatchLoss loss = task.loss({}, {});
  EXPECT_EQ(loss.weight, 4) << "a word without a token does not count";

  double sum = 0;
  const std::vector<std::vector<std::pair<std::size_t, std::int64_t>>> targets = {{{1, 0}, {3, 1}, {4, 0}},
                                                                                  {{1, 1}}};
  for_each_scored(*model, some_sentences().inputs, 1, {}, [&](std::size_t i, std::span<const float> scores) {
    for (const auto& [token, label] : targets[i]) {
      double all = 0;
      for (std::size_t l = 0; l < 3; ++l) all += std::exp(scores[token * 3 + l]);
      sum += std::log(all) - scores[token * 3 + static_cast<std::size_t>(label)];
    }
  });
  EXPECT_NEAR(loss.loss.item(), sum / 4, 1e-5);
  EXPECT_NEAR(task.evaluate({}, {})->loss, sum / 4, 1e-5);
  EXPECT_EQ(task.unit(), "words");
}

TEST(TokenClassification, EvaluatesEntities) {
  const auto model = with_labels({"B-x", "B-y", "O"});
  auto labels = guesses_of(*model);
  labels[0][2] = 2;  // the word without a token counts as predicted O
  const auto right = *evaluate_words(*model, {some_sentences(), labels}, 2, {});
  EXPECT_THAT(right.metrics, ElementsAre(Pair("precision", ::testing::_), Pair("recall", ::testing::_),
                                         Pair("f1", ::testing::_), Pair("accuracy", 1)));
  const LabelledSentences truth{some_sentences(), labels};
  EXPECT_THAT(TokenClassification(*model, truth, truth, {}).metric_names(),
              ElementsAre("precision", "recall", "f1", "accuracy"));
  labels[0][2] = 0;  // an entity that is missed
  const auto missed = *evaluate_words(*model, {some_sentences(), labels}, 2, {});
  EXPECT_EQ(missed.metrics[3].second, 0.8);
  EXPECT_EQ(missed.metrics[0].second, right.metrics[0].second);
  EXPECT_LT(missed.metrics[1].second, 1);
}

TEST(TokenClassification, EvaluatesLabelsOfOtherKinds) {
  const auto model = with_labels({"NOUN", "VERB", "X"});
  auto labels = guesses_of(*model);
  labels[0][2] = 2;
  const auto evaluation = *evaluate_words(*model, {some_sentences(), labels}, 2, {});
  EXPECT_THAT(evaluation.metrics, ElementsAre(Pair("accuracy", 0.8))) << "no token: no label is right";
  EXPECT_THAT(TokenClassification(*model, {some_sentences(), labels}, std::nullopt, {}).metric_names(),
              ElementsAre("accuracy"));
}

TEST(TokenClassification, TellsEntities) {
  EXPECT_TRUE(are_entity_labels(std::vector<std::string>{"O", "B-per", "E-x"}));
  EXPECT_FALSE(are_entity_labels(std::vector<std::string>{"O", "per"}));
}

}  // namespace
}  // namespace attune::tasks
