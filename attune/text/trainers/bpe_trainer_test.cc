#include "attune/text/trainers/bpe_trainer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "attune/io/file.h"

namespace attune::text {
namespace {

nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/tokenizers/" + name));
}

std::unique_ptr<Tokenizer> train(const std::string& text, std::int64_t vocab_size) {
  BpeTrainer trainer({.vocab_size = vocab_size});
  trainer.add(text);
  return trainer.train();
}

TEST(BpeTrainerTest, LearnsWhatHuggingFaceLearns) {
  const nlohmann::json expected = golden("bpe.json");
  const auto tokenizer = train(expected["text"], expected["vocab_size"]);
  EXPECT_EQ(tokenizer->vocab_size(), expected["vocab_size"]);
  EXPECT_TRUE(nlohmann::json(tokenizer->to_json()["model"]) == golden("bpe/tokenizer.json")["model"]);
}

TEST(BpeTrainerTest, BreaksTiesAsHuggingFaceDoes) {
  const nlohmann::json expected = golden("ties.json");
  const auto tokenizer = train(expected["text"], expected["vocab_size"]);
  EXPECT_TRUE(nlohmann::json(tokenizer->to_json()["model"]) == expected["model"]);
}

TEST(BpeTrainerTest, StopsWhenNothingOccursTwice) {
  const auto tokenizer = train("ab ab cd", 1000);
  EXPECT_EQ(tokenizer->vocab_size(), 256 + 1 + 1);
  EXPECT_EQ(tokenizer->encode("abcd").size(), 3u);
}

TEST(BpeTrainerTest, TakesTheEndOfTextForNoWord) {
  const std::string end(kEndOfText);
  const auto tokenizer = train("x" + end + "y" + end + "z" + end, 1000);
  EXPECT_EQ(tokenizer->vocab_size(), 257);
  EXPECT_EQ(tokenizer->special().eos, 256);
}

TEST(BpeTrainerTest, RefusesAVocabularyWithoutRoomForBytes) { EXPECT_THROW(BpeTrainer({256}), UsageError); }

TEST(BpeTrainerTest, GivesEverySpecialTokenAnIdOfItsOwn) {
  BpeTrainer trainer({.vocab_size = 300, .special = {"<s>", "</s>", "<unk>", "<pad>"}, .ends_text = true});
  trainer.add("ab ab cd</s>");
  const auto tokenizer = trainer.train();
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ(tokenizer->vocab_size(), 256 + 1 + 4);
  EXPECT_EQ((std::vector{*special.bos, *special.eos, *special.unk, *special.pad}),
            (std::vector{257, 258, 259, 260}));
  EXPECT_EQ(tokenizer->encode("</s>"), std::vector{258});
  const auto post_processor = tokenizer->to_json()["post_processor"];
  EXPECT_EQ(post_processor["type"], "TemplateProcessing");
  EXPECT_EQ(post_processor["special_tokens"]["</s>"]["ids"][0], 258);
  EXPECT_THROW(BpeTrainer({.vocab_size = 259, .special = {"<s>", "</s>", "<unk>", "<pad>"}}), UsageError);
}

}  // namespace
}  // namespace attune::text
