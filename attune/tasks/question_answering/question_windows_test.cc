#include "attune/tasks/question_answering/question_windows.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::tasks {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Spans = std::vector<text::Offsets>;

TEST(QuestionWindowsTest, CutsAsTokenizersTruncate) {
  // What tokenizers gives for 10 tokens, truncation to 4 with stride 1 and 2.
  EXPECT_THAT(cut_windows(10, 4, 1), ElementsAre(TokenRange{0, 4}, TokenRange{3, 7}, TokenRange{6, 10}));
  EXPECT_THAT(cut_windows(10, 4, 2),
              ElementsAre(TokenRange{0, 4}, TokenRange{2, 6}, TokenRange{4, 8}, TokenRange{6, 10}));
  EXPECT_THAT(cut_windows(5, 4, 0), ElementsAre(TokenRange{0, 4}, TokenRange{4, 5}));
  EXPECT_THAT(cut_windows(4, 4, 3), ElementsAre(TokenRange{0, 4}));
  EXPECT_THAT(cut_windows(0, 4, 1), ElementsAre(TokenRange{0, 0}));
  EXPECT_THROW(cut_windows(10, 4, 4), UsageError);
  EXPECT_THROW(cut_windows(10, 0, 0), UsageError);
}

TEST(QuestionWindowsTest, FindsTheTokensOfAnAnswer) {
  // [CLS] q [SEP] "ab" "cd" " " "efg" [SEP], as bytes of "abcd efg".
  const Spans offsets{{0, 0}, {0, 3}, {0, 0}, {0, 2}, {2, 4}, {5, 8}, {0, 0}, {0, 0}};
  const QuestionWindow window{offsets, {3, 6}};
  const auto tokens = [](std::size_t first, std::size_t last) {
    return std::optional(AnswerTokens{first, last});
  };
  EXPECT_EQ(find_answer(window, {0, 8}), tokens(3, 5));
  EXPECT_EQ(find_answer(window, {2, 4}), tokens(4, 4));
  EXPECT_EQ(find_answer(window, {1, 3}), tokens(3, 4));  // inside of tokens
  EXPECT_EQ(find_answer(window, {5, 8}), tokens(5, 5));  // the last token
  EXPECT_EQ(find_answer(window, {6, 7}), tokens(5, 5));
  EXPECT_EQ(find_answer({offsets, {3, 5}}, {2, 8}), std::nullopt);  // its end is in another window
  EXPECT_EQ(find_answer({offsets, {4, 6}}, {0, 4}), std::nullopt);
  EXPECT_EQ(find_answer({offsets, {6, 6}}, {0, 4}), std::nullopt);
}

TEST(QuestionWindowsTest, DecodesAsHuggingFace) {
  const json golden = json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/task_metrics.json"));
  ASSERT_EQ(golden["decode"].size(), 15u);
  for (const json& expected : golden["decode"]) {
    SCOPED_TRACE(expected.dump());
    Spans words;
    for (const json& span : expected["spans"]) words.push_back({span[0], span[1]});
    const std::size_t count = expected["windows"].size();
    std::vector<Spans> offsets(count);
    std::vector<std::vector<float>> starts(count), ends(count);
    std::vector<WindowLogits> windows;
    for (std::size_t i = 0; i < count; ++i) {
      const json& window = expected["windows"][i];
      offsets[i].resize(5);  // [CLS], a question of three tokens, [SEP]
      const std::size_t first = window[0], tokens = window[1];
      for (std::size_t word = first; word < first + tokens; ++word) offsets[i].push_back(words[word]);
      offsets[i].emplace_back();
      starts[i] = window[2].get<std::vector<float>>();
      ends[i] = window[3].get<std::vector<float>>();
      windows.push_back({{offsets[i], {5, 5 + tokens}}, starts[i], ends[i]});
    }
    const json& options = expected["options"];
    const std::string context = expected["context"];
    const AnswerPrediction prediction =
        decode_answer(context, windows,
                      {.n_best = options.value("n_best_size", std::size_t{20}),
                       .max_answer_length = options.value("max_answer_length", std::size_t{30}),
                       .may_be_impossible = options.value("version_2_with_negative", false),
                       .null_score_diff_threshold = options.value("null_score_diff_threshold", 0.0f)});
    EXPECT_EQ(prediction.text, expected["text"]);
    EXPECT_EQ(prediction.null_score_difference.has_value(), !expected["difference"].is_null());
    if (prediction.null_score_difference) {
      EXPECT_FLOAT_EQ(*prediction.null_score_difference, expected["difference"].get<float>());
    }
    ASSERT_EQ(prediction.n_best.size(), expected["best"].size());
    for (std::size_t i = 0; i < prediction.n_best.size(); ++i) {
      const json& row = expected["best"][i];
      EXPECT_EQ(prediction.n_best[i].text, row[0]);
      EXPECT_EQ(prediction.n_best[i].start_logit, row[1].get<float>());
      EXPECT_EQ(prediction.n_best[i].end_logit, row[2].get<float>());
      EXPECT_NEAR(prediction.n_best[i].probability, row[3], 1e-6);
    }
  }
}

TEST(QuestionWindowsTest, HasNoAnswerWhereNoSpanIsLeft) {
  const Spans offsets{{0, 0}, {0, 0}, {0, 2}, {3, 5}};
  const std::vector<float> start{5, 0, 0, 9}, end{5, 0, 9, 0};
  const WindowLogits window{{offsets, {2, 4}}, start, end};
  const auto none =
      decode_answer("ab cd", {&window, 1}, {.n_best = 1});  // the best end precedes the best start
  EXPECT_EQ(none.text, "");
  EXPECT_TRUE(none.n_best.empty());
  const auto null = decode_answer("ab cd", {&window, 1}, {.n_best = 1, .may_be_impossible = true});
  EXPECT_EQ(null.text, "");
  EXPECT_EQ(null.n_best.size(), 1u);
  EXPECT_FALSE(null.null_score_difference.has_value());
  EXPECT_EQ(decode_answer("ab cd", {&window, 1}).text,
            "cd");  // 9 + 0 ties with "ab" of 0 + 9: better start first
}

TEST(QuestionWindowsTest, RefusesLogitsThatMakeNoSense) {
  const Spans offsets{{0, 0}, {0, 2}};
  const auto error = [&](std::vector<float> start, std::vector<float> end, TokenRange context = {1, 2}) {
    const WindowLogits window{{offsets, context}, start, end};
    try {
      decode_answer("ab", {&window, 1});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(error({0, 1}, {0, 1}), "no error");
  EXPECT_THAT(error({0, NAN}, {0, 1}), HasSubstr("not finite"));
  EXPECT_THAT(error({0, 1}, {INFINITY, 1}), HasSubstr("not finite"));
  EXPECT_THAT(error({0, 1}, {0}), HasSubstr("one a token"));
  EXPECT_THAT(error({0, 1}, {0, 1}, {1, 3}), HasSubstr("of the context"));
  EXPECT_THROW(decode_answer("ab", {}), Error);
}

}  // namespace
}  // namespace attune::tasks
