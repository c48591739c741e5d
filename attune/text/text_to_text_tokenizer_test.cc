#include "attune/text/text_to_text_tokenizer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::unique_ptr<Tokenizer> learned(std::int64_t size) {
  int left = 20;
  return choose_text_to_text_tokenizer("bpe:" + std::to_string(size), [&](std::string& text) {
    text = "the cat sat on the mat";
    return left-- > 0;
  });
}

TEST(TextToTextTokenizer, LearnsATokenizerWithAnEndPaddingAndSentinels) {
  const auto tokenizer = learned(270);
  EXPECT_EQ(tokenizer->vocab_size(), 270 + kT5Sentinels);
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ(tokenizer->id_to_token(special.eos.value()), "</s>");
  EXPECT_EQ(tokenizer->id_to_token(special.pad.value()), "<pad>");
  EXPECT_EQ(tokenizer->id_to_token(special.unk.value()), "<unk>");
  const auto sentinels = sentinel_ids(*tokenizer);
  ASSERT_EQ(sentinels.size(), 100u);
  EXPECT_EQ(sentinels.front(), tokenizer->vocab_size() - 1) << "as in T5";
  EXPECT_EQ(sentinels.back(), 270);
  const auto ids = tokenizer->encode_single("the <extra_id_1> cat").ids;
  EXPECT_EQ(ids.back(), *special.eos);
  EXPECT_THAT(ids, ::testing::Contains(sentinels[1]));
  EXPECT_EQ(tokenizer->decode(ids, /*skip_special=*/true), "the  cat");
}

TEST(TextToTextTokenizer, IsTheSameOnceSavedAndCompletedAgain) {
  const auto tokenizer = learned(270);
  const io::TestDirectory directory;
  save_tokenizer(*tokenizer, directory.path(), 512);
  const auto again = choose_text_to_text_tokenizer(directory.path().string(), {});
  EXPECT_EQ(again->to_json(), tokenizer->to_json());
  EXPECT_EQ(sentinel_ids(*again), sentinel_ids(*tokenizer));
  EXPECT_EQ(again->special().pad, tokenizer->special().pad);
  const auto file = choose_text_to_text_tokenizer((directory.path() / "tokenizer.json").string(), {});
  EXPECT_EQ(file->to_json(), tokenizer->to_json());
}

TEST(TextToTextTokenizer, KeepsWhatATokenizerHasAndAddsTheRest) {
  const auto t5 = load_tokenizer(std::string(ATTUNE_GOLDENS) + "/pipelines/older/t5");
  const auto completed = complete_text_to_text(*t5, 5);
  EXPECT_EQ(completed->vocab_size(), t5->vocab_size());
  EXPECT_EQ(completed->encode_single("Hello world").ids, t5->encode_single("Hello world").ids);
  EXPECT_EQ(sentinel_ids(*completed), sentinel_ids(*t5));

  const auto bert = load_tokenizer(std::string(ATTUNE_GOLDENS) + "/pipelines/older/bert");
  const auto ended = complete_text_to_text(*bert, 3);
  ASSERT_TRUE(ended->special().eos);
  EXPECT_EQ(ended->special().pad, bert->special().pad);
  EXPECT_EQ(ended->vocab_size(), bert->vocab_size() + 4);
  auto ids = bert->encode("hello");
  ids.push_back(*ended->special().eos);
  EXPECT_EQ(ended->encode_single("hello").ids, ids) << "no [CLS]";
  EXPECT_EQ(std::set<std::int32_t>({sentinel_ids(*ended)[0], sentinel_ids(*ended)[2], *ended->special().eos})
                .size(),
            3u);
}

TEST(TextToTextTokenizer, RefusesOtherChoices) {
  EXPECT_THAT([] { (void)choose_text_to_text_tokenizer("char", {}); },
              ThrowsMessage<UsageError>(HasSubstr("--tokenizer char")));
  EXPECT_THAT([] { (void)choose_text_to_text_tokenizer("bpe:x", {}); },
              ThrowsMessage<UsageError>(HasSubstr("bpe:8000")));
}

}  // namespace
}  // namespace attune::text
