#include "attune/tasks/text_to_text/token_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/text/corpora/test_corpus.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TokenFormat, Bert) {
  const TokenFormat format = token_format(*text::letters_tokenizer());
  EXPECT_THAT(format.single.before, ElementsAre(2));
  EXPECT_THAT(format.single.after, ElementsAre(3));
  EXPECT_THAT(format.pair.before, ElementsAre(2));
  EXPECT_THAT(format.pair.between, ElementsAre(3));
  EXPECT_THAT(format.pair.after, ElementsAre(3));
  EXPECT_EQ(format.single.added(), 2);
  EXPECT_EQ(format.pair.added(), 3);
}

TEST(TokenFormat, Roberta) {
  bool given = false;
  const auto tokenizer = text::choose_encoder_tokenizer("bpe:300", [&](std::string& text) {
    text = "some text";
    return !std::exchange(given, true);
  });
  const TokenFormat format = token_format(*tokenizer);
  EXPECT_THAT(format.single.before, ElementsAre(0));
  EXPECT_THAT(format.pair.between, ElementsAre(2, 2));
  EXPECT_THAT(format.pair.after, ElementsAre(2));
}

TEST(TokenFormat, ATokenizerThatAddsNothing) {
  io::TestDirectory directory;
  io::write_text_atomically(directory.path() / "text", "abc");
  const auto tokenizer = text::choose_tokenizer("bpe:257", {{directory.path() / "text"}, {}});
  EXPECT_THAT(token_format(*tokenizer).pair.between, IsEmpty());
  EXPECT_EQ(token_format(*tokenizer).pair.added(), 0);
}

}  // namespace
}  // namespace attune::tasks
