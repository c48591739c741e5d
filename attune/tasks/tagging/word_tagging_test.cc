#include "attune/tasks/tagging/word_tagging.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WordWindows, AskForEachWordOnceWhereMostStandsAroundIt) {
  // Twelve words of one token, eight at once: the windows share two.
  const std::vector<std::size_t> ones(12, 1);
  const auto windows = word_windows(ones, 8);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].end, 8u);
  EXPECT_EQ(windows[0].asked_end, 7u);
  EXPECT_EQ(windows[1].begin, 6u);
  EXPECT_EQ(windows[1].asked, 7u);
  EXPECT_EQ(windows[1].asked_end, 12u);
  EXPECT_EQ(word_windows(ones, 12).size(), 1u);
  EXPECT_THAT(word_windows({}, 8), IsEmpty());
}

TEST(WordWindows, CoverEveryWordWhateverItsTokens) {
  std::uint32_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::size_t> tokens(static_cast<std::size_t>(round % 40 + 1));
    for (auto& count : tokens) {
      state = state * 1664525u + 1013904223u;
      count = (state >> 24) % 7 == 0 ? (state >> 16) % 30 : (state >> 16) % 4;  // none and too many as well
    }
    const std::size_t capacity = static_cast<std::size_t>(round) % 11 + 1;
    std::size_t asked = 0;
    for (const WordWindow& window : word_windows(tokens, capacity)) {
      EXPECT_EQ(window.asked, asked) << "every word is asked for once";
      EXPECT_LE(window.begin, window.asked);
      EXPECT_LE(window.asked_end, window.end);
      std::size_t read = 0;
      for (std::size_t word = window.begin; word < window.end; ++word) read += tokens[word];
      EXPECT_TRUE(read <= capacity || window.end - window.begin == 1) << read << " of " << capacity;
      asked = window.asked_end;
    }
    EXPECT_EQ(asked, tokens.size());
  }
}

class TagWords : public ::testing::Test {
 protected:
  // Words of letters are one token each, numbers none: [CLS] a b c [SEP].
  TagWords() {
    io::write_text_atomically(
        directory_.path() / "tokenizer.json",
        R"({"version": "1.0", "added_tokens": [], "normalizer": {"type": "Replace", "pattern": {"Regex": "[0-9]"}, "content": ""},
            "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
            "model": {"type": "WordLevel", "unk_token": "[UNK]",
                      "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "c": 6, "d": 7}}})");
    tokenizer_ = text::load_tokenizer(directory_.path());
    model_ = models::load_text_model<models::TokenClassifier>(std::filesystem::path(ATTUNE_GOLDENS) /
                                                              "encoders/bert/tokens");
  }

  io::TestDirectory directory_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  std::unique_ptr<models::TokenClassifier> model_;
};

TEST_F(TagWords, GivesEachWordWhatItsFirstTokenSays) {
  const std::vector<std::vector<std::string>> sentences = {{"a", "7", "b"}, {}, {"c"}};
  const auto tags = tag_words(*model_, *tokenizer_, sentences, 8, {});
  ASSERT_EQ(tags.size(), 3u);
  EXPECT_EQ(tags[0].size(), 3u);
  EXPECT_EQ(tags[0][1].label, -1) << "the tokenizer makes nothing of it";
  EXPECT_THAT(tags[1], IsEmpty());
  const std::vector<TextInput> alone = {{{2, 4, 5, 3}, {0, 0, 0, 0}}};
  for_each_scored(*model_, alone, 1, {}, [&](std::size_t, std::span<const float> scores) {
    const auto row = scores.subspan(2 * 3, 3);  // of b
    EXPECT_EQ(tags[0][2].label, std::ranges::max_element(row) - row.begin());
    double sum = 0;
    for (const float score : row) sum += std::exp(score - *std::ranges::max_element(row));
    EXPECT_NEAR(tags[0][2].score, 1 / sum, 1e-5);
  });
}

TEST_F(TagWords, GoesOnInWindowsBeyondTheModelsLength) {
  std::vector<std::string> words;
  for (int i = 0; i < 100; ++i) words.emplace_back(1, "abcd"[i * i % 7 % 4]);
  const std::vector<std::vector<std::string>> sentences = {words};
  const auto tags = tag_words(*model_, *tokenizer_, sentences, 4, {});  // the model takes 12 tokens
  for (const WordTag& tag : tags[0]) EXPECT_GE(tag.label, 0);
  const std::vector<std::vector<std::string>> beginning = {{words.begin(), words.begin() + 10}};
  const auto first = tag_words(*model_, *tokenizer_, beginning, 4, {});
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(tags[0][i].score, first[0][i].score, 1e-5);
}

TEST(GroupWords, AsHuggingFacesPipeline) {
  const auto group = [](const std::vector<std::string>& labels) {
    std::vector<std::string> spans;
    const std::vector<double> scores(labels.size(), 1);
    for (const auto& span : group_words(labels, scores))
      spans.push_back(span.label + " " + std::to_string(span.begin) + "-" + std::to_string(span.end));
    return spans;
  };
  // The example of its documentation: (A, B-TAG), (B, I-TAG), (C, I-TAG), (D, B-TAG2), (E, B-TAG2).
  EXPECT_THAT(group({"B-TAG", "I-TAG", "I-TAG", "B-TAG2", "B-TAG2"}),
              ElementsAre("TAG 0-3", "TAG2 3-4", "TAG2 4-5"));
  EXPECT_THAT(group({"I-a", "I-b", "O", "I-b", "", "I-b"}), ElementsAre("a 0-1", "b 1-2", "b 3-4", "b 5-6"));
  EXPECT_THAT(group({"per", "per", "O", "loc", "per"}), ElementsAre("per 0-2", "loc 3-4", "per 4-5"));
  EXPECT_THAT(group({"B-a", "E-a", "I-a", "S-a", "I-a"}), ElementsAre("a 0-2", "a 2-3", "a 3-4", "a 4-5"));
  const std::vector<std::string> labels = {"B-a", "I-a"};
  EXPECT_DOUBLE_EQ(group_words(labels, std::vector<double>{0.5, 1})[0].score, 0.75);
  EXPECT_THAT(group({}), IsEmpty());
}

}  // namespace
}  // namespace attune::tasks
