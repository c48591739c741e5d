#include "attune/text/tokenizer_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
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

}  // namespace
}  // namespace attune::text
