#include "attune/tasks/masked_language_modeling/masked_examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/tasks/targets.h"
#include "attune/text/corpora/test_corpus.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class MaskedExamplesTest : public ::testing::Test {
 protected:
  io::TestDirectory directory_;

  MaskedExamples make(const std::string& text, const MaskedExampleOptions& options) const {
    return {text::corpus_of(text, directory_), *text::letters_tokenizer(), "text", options};
  }

  // The tokens as they were before they were masked.
  static std::string original(const MaskedExample& example) {
    std::vector<std::int32_t> ids = example.input.ids;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (example.targets[i] != ignored_target) ids[i] = static_cast<std::int32_t>(example.targets[i]);
    }
    return text::tokens_of(*text::letters_tokenizer(), ids);
  }
};

TEST_F(MaskedExamplesTest, PackedSentencesHaveASeparatorBetweenDocuments) {
  const MaskedExamples examples = make("ab\nc\n\nd\n\ne\n", {.context = 8});
  ASSERT_EQ(examples.size(), 2);
  EXPECT_EQ(original(examples.example(0, 1)), "[CLS] a ##b c [SEP] d [SEP]");
  EXPECT_EQ(original(examples.example(1, 1)), "[CLS] e [SEP]");
  EXPECT_EQ(examples.length(0), 7);
  EXPECT_EQ(examples.length(1), 3);
  EXPECT_THAT(examples.example(0, 1).input.token_types, ElementsAre(0, 0, 0, 0, 0, 0, 0));
  const MaskedExamples full = make("ab\nc\n\nd\n\ne\n", {.context = 10});
  EXPECT_EQ(full.length(0), 9);
  EXPECT_EQ(original(full.example(0, 1)), "[CLS] a ##b c [SEP] d [SEP] e [SEP]");
}

TEST_F(MaskedExamplesTest, UnpackedAnExampleIsASentence) {
  const MaskedExamples examples = make("ab\nc\n\nd\n", {.context = 8, .packing = false});
  ASSERT_EQ(examples.size(), 3);
  EXPECT_EQ(original(examples.example(0, 1)), "[CLS] a ##b [SEP]");
  EXPECT_EQ(original(examples.example(2, 1)), "[CLS] d [SEP]");
}

TEST_F(MaskedExamplesTest, PairsHaveTwoSegments) {
  const MaskedExamples examples =
      make("ab\nc\n\nd\ne\n", {.context = 8, .pairs = PairObjective::next_sentence});
  ASSERT_EQ(examples.size(), 2);
  int elsewhere = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const MaskedExample example = examples.example(0, seed);
    if (example.pair_label == 0) {
      EXPECT_EQ(original(example), "[CLS] a ##b [SEP] c [SEP]");
      EXPECT_THAT(example.input.token_types, ElementsAre(0, 0, 0, 0, 1, 1));
    } else {
      EXPECT_THAT(original(example), ::testing::StartsWith("[CLS] a ##b [SEP] "));
      ++elsewhere;
    }
  }
  EXPECT_NEAR(elsewhere, 100, 25);
}

TEST_F(MaskedExamplesTest, AnExampleIsAFunctionOfIndexAndSeed) {
  const MaskedExamples examples = make("abcdefghijklmnop\nqrstuvwxyz abc\n", {.context = 64});
  const auto same = [](const MaskedExample& a, const MaskedExample& b) {
    return a.input.ids == b.input.ids && a.targets == b.targets;
  };
  EXPECT_TRUE(same(examples.example(0, 7), examples.example(0, 7)));
  EXPECT_FALSE(same(examples.example(0, 7), examples.example(0, 8)));
}

TEST_F(MaskedExamplesTest, WhatMakesNoExamplesIsRefused) {
  const auto refused = [&](const std::string& text, const MaskedExampleOptions& options) {
    return [&, text, options] { make(text, options); };
  };
  EXPECT_THAT(refused("a\n", {.context = 2}),
              ThrowsMessage<UsageError>(HasSubstr("--context is 2, expected at least 3")));
  EXPECT_THAT(refused("a\nb\n", {.context = 9, .pairs = PairObjective::next_sentence}),
              ThrowsMessage<Error>(HasSubstr("text is one document")));
  EXPECT_THAT(refused("a\n\nb\n", {.context = 9, .pairs = PairObjective::sentence_order}),
              ThrowsMessage<Error>(HasSubstr("single token")));
  EXPECT_NO_THROW(refused("a\nb\n", {.context = 9, .pairs = PairObjective::sentence_order})());
}

}  // namespace
}  // namespace attune::tasks
