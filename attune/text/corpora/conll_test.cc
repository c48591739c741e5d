#include "attune/text/corpora/conll.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConllTest : public ::testing::Test {
 protected:
  std::vector<TaggedSentence> read(const std::string& text, const ConllColumns& columns = {}) const {
    io::write_text_atomically(path_, text);
    return read_conll(path_, columns);
  }
  template <typename Call>
  static std::string error(Call call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  std::string read_error(const std::string& text, const ConllColumns& columns = {}) const {
    return error([&] { read(text, columns); });
  }

  io::TestDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "a.conll";
};

TEST_F(ConllTest, ReadsWordsAndTags) {
  const auto sentences = read(
      "-DOCSTART- -X- O O\n\n"
      "EU NNP I-NP B-ORG\r\nrejects VBZ I-VP O\n \t\n\n"
      "#tag NN I-NP O\n# NN I-NP B-MISC\n-DOCSTART- -X- O O\nBlack NNP I-NP B-PER");
  ASSERT_EQ(sentences.size(), 3u);
  EXPECT_THAT(sentences[0].words, ElementsAre("EU", "rejects"));
  EXPECT_THAT(sentences[0].tags, ElementsAre("B-ORG", "O"));
  EXPECT_THAT(sentences[0].lines, ElementsAre(3, 4));
  EXPECT_THAT(sentences[1].words, ElementsAre("#tag", "#"));
  EXPECT_THAT(sentences[2].words, ElementsAre("Black"));
}

TEST_F(ConllTest, TakesTheColumnsAskedFor) {
  const std::string text =
      "# sent_id = 1\n# two\n\n# 3\n1\tShe\tPRON\t_\n2\truns\tVERB\t_\n\n# # #\n1\tYes\tINTJ\t_\n";
  const auto sentences = read(text, {.word = 1, .tag = 2});
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(sentences[0].tags, ElementsAre("PRON", "VERB"));
  EXPECT_THAT(sentences[1].words, ElementsAre("Yes"));
  EXPECT_THAT(read_error("a b\n", {.word = 1}), AllOf(HasSubstr("line 1"), HasSubstr("2 columns")));
  EXPECT_THAT(read_error("a b\n", {.tag = 2}),
              AllOf(HasSubstr("2 columns"), HasSubstr("its tag in another, 3")));
}

TEST_F(ConllTest, ReadsWordsWithoutTags) {
  const auto sentences = read("a\nb\n\nc\n", {.with_tags = false});
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(sentences[0].words, ElementsAre("a", "b"));
  EXPECT_TRUE(sentences[0].tags.empty());
  EXPECT_THAT(read("1 a x\n", {.word = 1, .with_tags = false})[0].words, ElementsAre("a"));
  EXPECT_THAT(read_error("a b\n", {.word = 2, .with_tags = false}),
              AllOf(HasSubstr("2 columns"), HasSubstr("a word in column 3")));
}

TEST_F(ConllTest, KeepsASharpThatIsAWord) {
  const auto sentences = read("# O\nx O\n\n# O\n");  // as wide as the words' lines: no comments
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(sentences[0].words, ElementsAre("#", "x"));
  EXPECT_THAT(sentences[1].words, ElementsAre("#"));
  EXPECT_EQ(read("# O\n\n# O\nx O\n").size(), 2u);
  EXPECT_EQ(read("# O\n").size(), 1u);
}

TEST_F(ConllTest, NamesTheLineOfWhatDoesNotFit) {
  EXPECT_THAT(read_error("a O\n\nb x O\n"),
              AllOf(HasSubstr("a.conll: line 3 has 3 columns"), HasSubstr("expected 2")));
  EXPECT_THAT(read_error("a O\nword\n"), HasSubstr("line 2 has 1 columns"));
  EXPECT_THAT(read_error("word\n"), HasSubstr("line 1 has 1 columns"));
  EXPECT_THAT(read_error("a O\n\xFF O\n"), AllOf(HasSubstr("line 2"), HasSubstr("0xFF")));
  EXPECT_THAT(read_error("\n-DOCSTART- O\n"), HasSubstr("no sentences"));
  EXPECT_THAT(read_error(""), HasSubstr("no sentences"));
}

TEST_F(ConllTest, ChecksTagsOfEntities) {
  EXPECT_EQ(check_entity_tags(read("a B-x\nb I-x\nc O\nd B-y\n"), path_), 0);
  EXPECT_EQ(check_entity_tags(read("a I-x\nb I-x\nc I-y\nd O\ne I-y\nf S-z\ng B-y\nh E-y\n"), path_), 3);
  EXPECT_EQ(check_entity_tags(read("a B-x\n\nb I-x\n"), path_), 1);
  for (const char* tag : {"o", "B", "B-", "X-per", "Bper", "NOUN"}) {
    const auto sentences = read("a O\nb " + std::string(tag) + "\n");
    EXPECT_THAT(error([&] { check_entity_tags(sentences, path_); }),
                AllOf(HasSubstr("line 2"), HasSubstr(std::string("\"") + tag + "\"")));
  }
}

}  // namespace
}  // namespace attune::text
