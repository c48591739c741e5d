#include "attune/tasks/scoring/answer_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attune/tasks/scoring/prompt_template.h"
#include "attune/tasks/test_tokenizer.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::filesystem::path golden(const char* name) { return std::filesystem::path(ATTUNE_GOLDENS) / name; }

const std::vector<PromptAndAnswers> requests = {{"a b c", {"d", "e d", "a b c d"}},
                                                {"e", {"a", "b c", "d d d d"}},
                                                {"a b c d e a b c d e a b c d e a", {"a b", "c", "d e"}}};

// The sum of the losses of the tokens behind the prompt, in one pass without a cache.
double expected(const models::CausalLanguageModel& model, const std::vector<std::int64_t>& prompt,
                const std::vector<std::int64_t>& answer) {
  std::vector<std::int64_t> ids = prompt, targets(prompt.size() - 1, -100);
  ids.insert(ids.end(), answer.begin(), answer.end() - 1);
  targets.insert(targets.end(), answer.begin(), answer.end());
  const Shape shape{1, std::ssize(ids)};
  double sum = 0;
  for (const float loss :
       model.token_losses(Tensor::from(ids, shape), Tensor::from(targets, shape), {}).to_vector<float>())
    sum -= loss;
  return sum;
}

TEST(AnswerScores, AreTheLossesOfTheAnswersTokensWhateverTheBatch) {
  for (const char* name : {"gpt/gelu", "gpt2/odd"}) {
    const auto model = models::load_causal_language_model(golden(name));
    const auto tokenizer = letters();
    const auto scorer = make_answer_scorer(*model, *tokenizer);
    const auto together = scorer->score(requests, 3), alone = scorer->score(requests, 1);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        EXPECT_NEAR(together[i][j].log_likelihood, alone[i][j].log_likelihood, 1e-4) << name << i << j;
        EXPECT_EQ(together[i][j].bytes, std::ssize(requests[i].answers[j]));
      }
    }
    EXPECT_NEAR(together[0][1].log_likelihood, expected(*model, {1, 2, 3}, {5, 4}), 1e-4) << name;
    EXPECT_NEAR(together[1][2].log_likelihood, expected(*model, {5}, {4, 4, 4, 4}), 1e-4) << name;
    EXPECT_EQ(together[0][2].tokens, 4);
    EXPECT_EQ(scorer->cut_prompts(), 2) << "the long prompt, twice";
  }
}

TEST(AnswerScores, WhatPromptsShareIsRunOnceAndChangesNothing) {
  const std::string examples = "a b c d e a b c ";
  for (const char* name : {"gpt/gelu", "gpt2/odd"}) {
    const auto model = models::load_causal_language_model(golden(name));
    const auto tokenizer = letters();
    const auto scorer = make_answer_scorer(*model, *tokenizer);
    const std::vector<PromptAndAnswers> calls[] = {
        {{examples + "d e", {"d", "e d"}}, {examples + "d a b", {"a", "b c c"}}, {examples + "d c", {"c"}}},
        {{examples + "a", {"d", "e d"}}, {examples + "b c", {"a"}}},                    // a little less
        {{examples + "a", {"b", "c"}}, {"e d c", {"a b"}}, {examples + "c c", {"d"}}},  // one without
        {{"b b a a e e d d c", {"a"}}, {"b b a a e e d d d e", {"b c"}}},               // others
    };
    for (const auto& call : calls) {
      const auto together = scorer->score(call, 3);
      for (std::size_t i = 0; i < call.size(); ++i) {
        const auto alone = make_answer_scorer(*model, *tokenizer)->score(std::span(&call[i], 1), 1);
        for (std::size_t j = 0; j < call[i].answers.size(); ++j)
          EXPECT_NEAR(together[i][j].log_likelihood, alone[0][j].log_likelihood, 1e-4)
              << name << ": " << call[i].prompt << " " << call[i].answers[j];
      }
    }
    EXPECT_EQ(scorer->cut_prompts(), 0);
  }
}

TEST(AnswerScores, OfAnEncoderDecoderAreTheLossesOfTheTarget) {
  const auto model = models::load_sequence_to_sequence_model(golden("t5/v1_0"));
  const auto tokenizer = letters();
  const auto scores = make_answer_scorer(*model, *tokenizer)->score(requests, 2);
  const std::int64_t end = model->end_of_text(), start = model->decoder_start_token();
  const Tensor source = Tensor::from(std::vector<std::int64_t>{5, end}, {1, 2}),
               inputs = Tensor::from(std::vector<std::int64_t>{start, 2, 3}, {1, 3}),
               targets = Tensor::from(std::vector<std::int64_t>{2, 3, end}, {1, 3});
  double sum = 0;
  for (const float loss : model->token_losses({source, {}}, {inputs, {}}, targets, {}).to_vector<float>())
    sum -= loss;
  EXPECT_NEAR(scores[1][1].log_likelihood, sum, 1e-4);
  EXPECT_EQ(scores[1][1].tokens, 3) << "the end of the text is one";
}

TEST(AnswerScores, WhatCannotBeScoredIsNamed) {
  const auto model = models::load_causal_language_model(golden("gpt/gelu"));
  const auto tokenizer = letters();
  const auto scorer = make_answer_scorer(*model, *tokenizer);
  const auto score = [&](const std::string& prompt, const std::string& answer) {
    const PromptAndAnswers request{prompt, {answer}};
    return [&scorer, request] { scorer->score(std::span(&request, 1), 1); };
  };
  EXPECT_THAT(score("a", ""), ThrowsMessage<Error>(HasSubstr("has no tokens")));
  EXPECT_THAT(score("", "a"), ThrowsMessage<Error>(HasSubstr("the prompt is empty")));
  EXPECT_THAT(score("a", "a a a a a a a a a a a a a a a a a"),
              ThrowsMessage<Error>(HasSubstr("an answer has 17 tokens, the model sees 16")));
}

TEST(AnswerScores, RankedByWhatIsAskedFor) {
  const AnswerScore scores[] = {{-4, 4, 2}, {-3, 1, 6}, {-6, 3, 3}};
  EXPECT_THAT(ranked(scores, AnswerNormalization::none), ElementsAre(1, 0, 2));
  EXPECT_THAT(ranked(scores, AnswerNormalization::token), ElementsAre(0, 2, 1));
  EXPECT_THAT(ranked(scores, AnswerNormalization::byte), ElementsAre(1, 0, 2));
  EXPECT_THROW(parse_answer_normalization("char"), UsageError);
}

TEST(AnswerScores, LabelsAreAnswersNumbersOrLetters) {
  const std::string answers[] = {"yes", "no", "1"};
  EXPECT_EQ(answer_of_label("no", answers), 1u);
  EXPECT_EQ(answer_of_label("0", answers), 0u);
  EXPECT_EQ(answer_of_label("1", answers), 2u) << "its own text comes first";
  EXPECT_EQ(answer_of_label("C", answers), 2u);
  EXPECT_EQ(answer_of_label("a", answers), 0u);
  for (const char* wrong : {"", "3", "-1", "D", "maybe", "0.0"})
    EXPECT_FALSE(answer_of_label(wrong, answers));
}

TEST(PromptTemplate, FieldsAndBraces) {
  const PromptTemplate prompt("{{{q}}} {a b}: {q}");
  EXPECT_THAT(prompt.fields(), ElementsAre("q", "a b"));
  EXPECT_EQ(prompt.render([](const std::string& name) { return name == "q" ? "x{y}" : "z"; }),
            "{x{y}} z: x{y}");
  EXPECT_EQ(PromptTemplate("").render([](const std::string&) { return ""; }), "");
  for (const char* wrong : {"{", "a } b", "{}", "{a"})
    EXPECT_THROW(PromptTemplate{wrong}, UsageError) << wrong;
}

}  // namespace
}  // namespace attune::tasks
