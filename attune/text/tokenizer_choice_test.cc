#include "attune/text/tokenizer_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class TokenizerChoiceTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
  io::TestDirectory directory_;
};

TEST_F(TokenizerChoiceTest, CharactersAreTheSortedOnesOfAllFiles) {
  const auto tokenizer = choose_tokenizer("char", {{write("train", "cab\nc木")}, {}}, {write("valid", "zé")});
  EXPECT_EQ(tokenizer->kind(), "characters");
  EXPECT_EQ(tokenizer->vocab_size(), 7);
  EXPECT_THAT(tokenizer->encode("\nabczé木"), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(tokenizer->special().eos, std::nullopt);
}

TEST_F(TokenizerChoiceTest, CharactersEndDocumentsWhereThereAreSeveral) {
  const auto path = write("train", "b\n#\na");
  const auto separated = choose_tokenizer("char", {{path}, "#"});
  EXPECT_EQ(separated->vocab_size(), 4);  // The separator is no text.
  EXPECT_EQ(separated->special().eos, 3);
  EXPECT_EQ(choose_tokenizer("char", {{path, write("more", "c")}, {}})->special().eos, 5);
}

TEST_F(TokenizerChoiceTest, CharactersNeedValidText) {
  const auto path = write("train", "ab\ncd\xC3(");
  EXPECT_THAT(
      [&] {
        choose_tokenizer("char", {{path}, {}});
      },
      ThrowsMessage<Error>(AllOf(HasSubstr(path.string() + ": line 2, offset 5"), HasSubstr("0xC3"))));
}

TEST_F(TokenizerChoiceTest, LearnsBpeOfTheSizeAsked) {
  const auto tokenizer = choose_tokenizer("bpe:260", {{write("train", "the then they them the")}, {}});
  EXPECT_EQ(tokenizer->vocab_size(), 260);
  EXPECT_EQ(tokenizer->special().eos, 259);
  EXPECT_EQ(tokenizer->encode("the").size(), 1u);
}

TEST_F(TokenizerChoiceTest, ReadsADirectory) {
  const std::string directory = std::string(ATTUNE_GOLDENS) + "/tokenizers/bpe";
  EXPECT_EQ(choose_tokenizer(directory, {})->vocab_size(), 600);
}

TEST_F(TokenizerChoiceTest, RefusesAnythingElse) {
  const TextFiles files{{write("train", "text")}, {}};
  for (const char* choice :
       {"", "chars", "bpe", "bpe:", "bpe:12x", "bpe:100", "bpe:-5", "bpe:9999999999999999999"}) {
    EXPECT_THROW(choose_tokenizer(choice, files), UsageError) << choice;
  }
  EXPECT_THAT([&] { choose_tokenizer("wordpiece", files); },
              ThrowsMessage<UsageError>(
                  HasSubstr("expected char, bpe:SIZE, wordpiece:SIZE, unigram:SIZE or a directory")));
}

// A source of one text.
NextText once(const std::string& text) {
  return [text, given = false](std::string& into) mutable {
    into = text;
    return !std::exchange(given, true);
  };
}

TEST_F(TokenizerChoiceTest, AnEncodersBpeIsRobertas) {
  const auto tokenizer = choose_encoder_tokenizer("bpe:263", once("the then they them the the"));
  EXPECT_EQ(tokenizer->vocab_size(), 263);
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ(special.cls, 0);
  EXPECT_EQ(special.pad, 1);
  EXPECT_EQ(special.sep, 2);
  EXPECT_EQ(special.unk, 3);
  EXPECT_EQ(special.mask, 4);
  EXPECT_EQ(tokenizer->encode("the").size(), 1u) << "two merges";
  EXPECT_THAT(tokenizer->encode_single("the <mask>").ids,
              ElementsAre(0, tokenizer->encode("the").front(), 4, 2))
      << "the mask takes the blank before it";
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("caf\u00e9 them")), "caf\u00e9 them");
  save_tokenizer(*tokenizer, directory_.path(), 512);
  EXPECT_EQ(load_tokenizer(directory_.path())->encode_pair("they", "a").ids,
            tokenizer->encode_pair("they", "a").ids);
}

TEST_F(TokenizerChoiceTest, AnEncodersWordPieceIsBerts) {
  const auto tokenizer = choose_encoder_tokenizer("wordpiece:30", once("The then They"));
  EXPECT_EQ(tokenizer->special().cls, 2);
  EXPECT_EQ(tokenizer->special().mask, 4);
  EXPECT_EQ(tokenizer->encode("THE"), tokenizer->encode("the"));
  const auto cased = choose_encoder_tokenizer("wordpiece-cased:30", once("The then They"));
  EXPECT_NE(cased->encode("They"), cased->encode("they"));
}

TEST_F(TokenizerChoiceTest, AnEncodersTokenizerFromAFile) {
  const auto file = write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword\n");
  EXPECT_EQ(choose_encoder_tokenizer(file.string(), {})->vocab_size(), 6);
  EXPECT_THAT([&] { choose_encoder_tokenizer("bpe:260", once("x")); },
              ThrowsMessage<UsageError>(HasSubstr("bpe:260: expected at least 261")));
  EXPECT_THAT([&] { choose_encoder_tokenizer("unigrams:8", once("x")); },
              ThrowsMessage<UsageError>(HasSubstr("expected wordpiece:SIZE, bpe:SIZE")));
}

}  // namespace
}  // namespace attune::text
