#include "attune/text/trainers/unigram_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/text/normalizers/characters_of.h"

namespace attune::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::u32string characters(const std::string& text) {
  std::u32string all;
  for_each_character(text, [&](char32_t c, std::size_t) { all += c; });
  return all;
}

// tests/goldens/make_unigram_trainer.py made what is expected.
TEST(UnigramTrainerTest, LearnsWhatHuggingFaceLearns) {
  const auto golden =
      nlohmann::json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/unigram_trainer.json"));
  for (const auto& expected : golden["vocabularies"]) {
    SCOPED_TRACE(expected["vocab_size"].dump());
    UnigramTrainer trainer(
        {.vocab_size = expected["vocab_size"], .initial_alphabet = characters(expected["initial_alphabet"])});
    trainer.add(golden["text"].get<std::string>());
    const nlohmann::json vocabulary = trainer.train()->to_json()["model"]["vocab"];
    ASSERT_EQ(vocabulary.size(), expected["scores"].size());
    for (const auto& entry : vocabulary) {
      const auto found = expected["scores"].find(entry[0].get<std::string>());
      ASSERT_NE(found, expected["scores"].end()) << entry[0];
      if (!found->is_null()) {
        EXPECT_NEAR(entry[1].get<double>(), found->get<double>(), 1e-9) << entry[0];
      }
    }
  }
}

TEST(UnigramTrainerTest, EncodesWhatItHasLearned) {
  UnigramTrainer trainer({.vocab_size = 40});
  for (int i = 0; i < 50; ++i) trainer.add("low lower\n lowest, slow  slower");
  const auto tokenizer = trainer.train();
  EXPECT_EQ(tokenizer->kind(), "Unigram");
  const Encoding encoding = tokenizer->encode_single("low\tslow z");
  EXPECT_THAT(encoding.tokens, ElementsAre("<s>", "▁low", "▁slow", "▁", "z", "</s>"));
  EXPECT_EQ(encoding.ids.front(), 0);
  EXPECT_EQ(encoding.ids[4], 3) << "unknown";
  EXPECT_EQ(tokenizer->decode(encoding.ids, /*skip_special=*/true), "low slow ");
  EXPECT_EQ(tokenizer->special().mask, 4);
  EXPECT_EQ(tokenizer->encode_pair("low", "slow").tokens,
            (std::vector<std::string>{"<s>", "▁low", "</s>", "</s>", "▁slow", "</s>"}));
}

// Long words have probabilities that no double holds.
TEST(UnigramTrainerTest, WordsMayBeAsLongAsTheyLike) {
  UnigramTrainer trainer({.vocab_size = 60});
  std::string word;
  for (int i = 0; i < 5000; ++i) word += static_cast<char>('a' + (i * i + i / 7) % 26);
  trainer.add(word + " " + word.substr(0, 3000));
  const ScoredEntries pieces = trainer.learn();
  EXPECT_LE(pieces.size(), 55u);
  for (const auto& [piece, score] : pieces) {
    EXPECT_TRUE(std::isfinite(score)) << piece;
    EXPECT_LT(score, 0) << piece;
  }
}

TEST(UnigramTrainerTest, RefusesWhatCannotBe) {
  EXPECT_THROW(UnigramTrainer({.vocab_size = 5}), UsageError);
  EXPECT_THROW(UnigramTrainer({.vocab_size = 50}).train(), Error);
  UnigramTrainer trainer({.vocab_size = 12});
  trainer.add(std::string("abcdefgh \xFF\0", 11));
  try {
    trainer.train();
    FAIL() << "a vocabulary without room for the characters was learned";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("10 characters, so it needs at least 15"));
  }
}

}  // namespace
}  // namespace attune::text
