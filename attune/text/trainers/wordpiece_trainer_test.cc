#include "attune/text/trainers/wordpiece_trainer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::text {
namespace {

// Where no two pairs are equally frequent, HF learns the same tokens, in whatever order.
TEST(WordPieceTrainerTest, LearnsTheTokensThatHuggingFaceLearns) {
  const auto golden = nlohmann::json::parse(
      io::read_text(std::string(ATTUNE_GOLDENS) + "/pipelines/word_piece_trainer/golden.json"));
  WordPieceTrainer trainer({.vocab_size = golden["vocab_size"], .lowercase = false});
  trainer.add(golden["text"].get<std::string>());
  const nlohmann::json vocab = trainer.train()->to_json()["model"]["vocab"];
  std::set<std::string> learned;
  for (const auto& [token, id] : vocab.items()) learned.insert(token);
  EXPECT_EQ(learned, golden["tokens"].get<std::set<std::string>>());
}

TEST(WordPieceTrainerTest, EncodesWhatItHasLearned) {
  WordPieceTrainer trainer({.vocab_size = 40});
  trainer.add("Low lower lowest, low lower low. Low\xFF");
  const auto tokenizer = trainer.train();
  EXPECT_EQ(tokenizer->kind(), "WordPiece");
  EXPECT_EQ(tokenizer->encode_single("LOWER low").tokens,
            (std::vector<std::string>{"[CLS]", "lower", "low", "[SEP]"}));
  EXPECT_EQ(tokenizer->special().mask, 4);
}

TEST(WordPieceTrainerTest, RefusesWhatCannotBe) {
  EXPECT_THROW(WordPieceTrainer({.vocab_size = 5}), UsageError);
  EXPECT_THROW(WordPieceTrainer({.vocab_size = 50}).train(), Error);
}

}  // namespace
}  // namespace attune::text
