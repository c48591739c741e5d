#include "attune/tasks/question_answering/question_answering.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/tasks/metrics/squad.h"

namespace attune::tasks {
namespace {

using models::QuestionAnswerer;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path goldens = ATTUNE_GOLDENS;

// A tiny BERT with a span head, and what Hugging Face makes of some questions with it.
class QuestionAnsweringTest : public ::testing::Test {
 protected:
  EncodedQuestions encode() const {
    return encode_questions(*tokenizer_, squad_, "squad.json", window_options());
  }
  WindowOptions window_options() const {
    return {.max_length = golden_["max_length"], .doc_stride = golden_["stride"]};
  }
  AnswerOptions answer_options(bool may_be_impossible) const {
    return {.max_answer_length = golden_["max_answer_length"], .may_be_impossible = may_be_impossible};
  }
  SpanLogits logits(const EncodedQuestions& encoded, std::int64_t batch_size) const {
    return *span_logits(*model_, encoded.inputs(), batch_size, {});
  }
  // Of answers by id, none of which is empty.
  static double percent_right(const text::SquadData& data, const json& answers) {
    int right = 0;
    for (const text::SquadQuestion& question : data.questions) {
      if (question.answers.empty()) continue;
      right += normalize_answer(answers[question.id].get<std::string>()) ==
               normalize_answer(question.answers[0].text);
    }
    return 100.0 * right / static_cast<double>(data.questions.size());
  }
  std::string error_of(const text::SquadData& data, const WindowOptions& options) const {
    try {
      encode_questions(*tokenizer_, data, "a.json", options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  const json golden_ = json::parse(io::read_text(goldens / "question_answering/golden.json"));
  const text::SquadData squad_ = text::read_squad(goldens / "question_answering/squad.json");
  const std::unique_ptr<text::Tokenizer> tokenizer_ =
      text::load_tokenizer(goldens / "question_answering/tokenizer.json");
  const std::unique_ptr<QuestionAnswerer> model_ =
      models::load_text_model<QuestionAnswerer>(goldens / "encoders/bert/span");
};

TEST_F(QuestionAnsweringTest, CutsWindowsAndFindsTargetsAsHuggingFace) {
  const EncodedQuestions encoded = encode();
  ASSERT_EQ(encoded.questions(), squad_.questions.size());
  ASSERT_EQ(encoded.inputs().size(), golden_["windows"].size());
  std::size_t question = 0;
  for (std::size_t i = 0; i < encoded.inputs().size(); ++i) {
    const json& expected = golden_["windows"][i];
    SCOPED_TRACE(expected.dump());
    while (i == encoded.end_window(question)) ++question;
    EXPECT_EQ(squad_.questions[question].id, expected["question"]);
    EXPECT_EQ(encoded.inputs()[i].ids, expected["ids"].get<std::vector<std::int32_t>>());
    EXPECT_EQ(encoded.inputs()[i].token_types, expected["types"].get<std::vector<std::int32_t>>());
    EXPECT_EQ(encoded.targets()[i], (AnswerTokens{expected["start"], expected["end"]}));
    const auto& [offsets, context] = encoded.places()[i];
    const std::string& text = squad_.context_of(squad_.questions[question]);
    for (std::size_t token = 0; token < offsets.size(); ++token) {
      const bool inside = token >= context.begin && token < context.end;
      EXPECT_EQ(inside, expected["of_context"][token].get<bool>());
      if (!inside) continue;
      const text::Offsets characters = text::character_offsets(text, {&offsets[token], 1})[0];
      EXPECT_EQ(json({characters.begin, characters.end}), expected["offsets"][token]);
    }
  }
}

TEST_F(QuestionAnsweringTest, AnswersAsHuggingFace) {
  const EncodedQuestions encoded = encode();
  for (const std::int64_t batch_size : {1, 3}) {
    const SpanLogits all = logits(encoded, batch_size);
    for (std::size_t i = 0; i < all.start.size(); ++i) {
      const json& expected = golden_["windows"][i];
      ASSERT_EQ(all.start[i].size(), expected["start_logits"].size());
      for (std::size_t token = 0; token < all.start[i].size(); ++token) {
        EXPECT_NEAR(all.start[i][token], expected["start_logits"][token].get<float>(), 1e-5);
        EXPECT_NEAR(all.end[i][token], expected["end_logits"][token].get<float>(), 1e-5);
      }
    }
    for (const bool v2 : {false, true}) {
      for (std::size_t i = 0; i < encoded.questions(); ++i) {
        const text::SquadQuestion& question = squad_.questions[i];
        const auto answer = predict_answer(encoded, i, squad_.context_of(question), all, answer_options(v2));
        EXPECT_EQ(answer.text, golden_[v2 ? "answers_v2" : "answers"][question.id]) << question.id;
      }
    }
  }
}

TEST_F(QuestionAnsweringTest, TheLossIsThatOfTheBatchesWindows) {
  text::SquadData data = squad_;
  data.questions = {squad_.questions[5]};  // one window
  EncodedQuestions encoded = encode_questions(*tokenizer_, data, "squad.json", window_options());
  ASSERT_EQ(encoded.inputs().size(), 1u);
  QuestionAnswering task(*model_, std::move(encoded), std::nullopt, {.batch_size = 4});
  EXPECT_EQ(task.micro_batches_per_epoch(), 1);
  EXPECT_FALSE(task.has_validation());
  const MicroBatchLoss loss = task.loss({}, {});
  EXPECT_EQ(loss.weight, 1);
  double expected = 0;
  for (const json& window : golden_["windows"]) {
    if (window["question"] == squad_.questions[5].id) expected = window["loss"];
  }
  EXPECT_NEAR(loss.loss.item(), expected, 1e-5);
}

TEST_F(QuestionAnsweringTest, EvaluatesWithAndWithoutImpossibleQuestions) {
  double loss = 0;
  for (const json& window : golden_["windows"]) loss += window["loss"].get<double>();
  loss /= static_cast<double>(golden_["windows"].size());

  const auto evaluate = [&](const text::SquadData& data, float threshold) {
    AnswerOptions options = answer_options(false);
    options.null_score_diff_threshold = threshold;
    QuestionAnswering task(
        *model_, encode(),
        ValidationQuestions{data, encode_questions(*tokenizer_, data, "squad.json", window_options())},
        {.batch_size = 3, .answers = options});
    EXPECT_FALSE(task.evaluate({}, [] { return true; })) << "it was stopped";
    EXPECT_EQ(task.unit(), "windows");
    Evaluation evaluation = *task.evaluate({}, {});
    std::vector<std::string> names;
    for (const auto& [name, value] : evaluation.metrics) names.push_back(name);
    EXPECT_EQ(task.metric_names(), names);
    return evaluation;
  };
  const Evaluation both = evaluate(squad_, /*threshold=*/1000);
  EXPECT_NEAR(both.loss, loss, 1e-5);
  EXPECT_EQ(both.metrics[0].first, "exact_match");
  EXPECT_GT(both.metrics[0].second, 0);
  EXPECT_NEAR(both.metrics[0].second, percent_right(squad_, golden_["answers"]), 1e-9);
  const Evaluation none = evaluate(squad_, /*threshold=*/-1000);
  EXPECT_EQ(none.metrics[3], (std::pair<std::string, double>("no_answer_f1", 100)));
  EXPECT_NEAR(none.metrics[0].second, 100.0 / 7, 1e-9);

  text::SquadData answered = squad_;
  std::erase_if(answered.questions,
                [](const text::SquadQuestion& question) { return question.is_impossible; });
  const Evaluation without = evaluate(answered, /*threshold=*/0);
  ASSERT_EQ(without.metrics.size(), 2u);
  EXPECT_NEAR(without.metrics[0].second, percent_right(answered, golden_["answers"]), 1e-9);
}

TEST_F(QuestionAnsweringTest, NamesTheQuestionThatCannotBeLearned) {
  text::SquadData data = squad_;
  data.questions[1].answers.clear();
  EXPECT_THAT(error_of(data, window_options()),
              AllOf(HasSubstr("a.json: question blanks"), HasSubstr("is_impossible")));
  EXPECT_THAT(error_of(squad_, {.max_length = 12, .doc_stride = 4}),
              AllOf(HasSubstr("a.json: question places"), HasSubstr("takes 5"), HasSubstr("leaves 4"),
                    HasSubstr("--doc-stride")));
}

TEST_F(QuestionAnsweringTest, CutsLongQuestionsBehindAWord) {
  WindowOptions options = window_options();
  options.max_query_length = 4;
  EncodedQuestions encoded;
  encoded.append(*tokenizer_, "where is the towers", "Wien", options);  // tower ##s
  EXPECT_THAT(encoded.inputs()[0].ids, ElementsAre(2, 4, 5, 7, 3, 11, 3));
  options.max_query_length = 1;
  encoded.append(*tokenizer_, "towers", "Wien", options);
  EXPECT_THAT(encoded.inputs()[1].ids, ElementsAre(2, 9, 3, 11, 3));
  EXPECT_TRUE(encoded.targets().empty());
}

TEST(WindowOptionsTest, FollowASmallModel) {
  const WindowOptions whole = WindowOptions{}.within(512);
  EXPECT_EQ(whole.max_length, 384);
  const WindowOptions small = WindowOptions{}.within(40);
  EXPECT_EQ(small.max_length, 40);
  EXPECT_EQ(small.doc_stride, 10);
  EXPECT_EQ(small.max_query_length, 10);
}

TEST(DistinctAnswersTest, HaveEachSpanOnceAndThePredictedOneFirst) {
  AnswerPrediction prediction;
  prediction.n_best = {{.text = "a", .where = {0, 1}, .probability = 0.4},
                       {.text = "a", .where = {0, 1}, .probability = 0.4},
                       {.text = "", .where = {0, 0}, .probability = 0.2}};
  prediction.text = "a";
  auto answers = distinct_answers(prediction);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].text, "a");
  EXPECT_NEAR(answers[0].probability, 2.0 / 3, 1e-12);
  prediction.text = "";
  EXPECT_EQ(distinct_answers(prediction)[0].text, "");
}

}  // namespace
}  // namespace attune::tasks
