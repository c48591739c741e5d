#include "attune/text/corpora/sentence_corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "attune/text/corpora/test_corpus.h"

namespace attune::text {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class SentenceCorpusTest : public ::testing::Test {
 protected:
  io::TestDirectory directory_;

  std::string text_of(const SentenceCorpus& corpus, const CorpusRange& range) const {
    std::vector<std::int32_t> ids;
    for (const CorpusToken& token : corpus.read(range)) ids.push_back(token.id);
    return tokens_of(*letters_tokenizer(), ids);
  }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
};

TEST_F(SentenceCorpusTest, LinesAreSentencesAndBlankLinesDivideDocuments) {
  const SentenceCorpus corpus = corpus_of("\n\nab c\n  d \r\n \t \n\ne\nfg", directory_);
  EXPECT_EQ(corpus.documents(), 2);
  EXPECT_EQ(corpus.sentences(), 4);
  EXPECT_EQ(corpus.tokens(), 7);
  EXPECT_EQ(corpus.document(0), (CorpusRange{0, 2}));
  EXPECT_EQ(corpus.document(1), (CorpusRange{2, 4}));
  EXPECT_EQ(text_of(corpus, corpus.sentence(0)), "a ##b c");
  EXPECT_EQ(text_of(corpus, corpus.sentence(1)), "d");
  EXPECT_EQ(text_of(corpus, corpus.sentence(3)), "f ##g");
  EXPECT_EQ(corpus.sentence_of(2), 0);
  EXPECT_EQ(corpus.sentence_of(3), 1);
  EXPECT_EQ(corpus.document_of(1), 0);
  EXPECT_EQ(corpus.document_of(2), 1);
  EXPECT_TRUE(corpus.begins_document(4));
  EXPECT_FALSE(corpus.begins_document(3));
}

TEST_F(SentenceCorpusTest, AFileEndsADocument) {
  const auto corpus = open_sentence_corpus({write("a", "x\ny"), write("b", "z")}, *letters_tokenizer(), false,
                                           directory_.path() / "cache");
  EXPECT_EQ(corpus.documents(), 2);
  EXPECT_EQ(corpus.sentences(), 3);
}

TEST_F(SentenceCorpusTest, KnowsWhereWordsBeginWhenAsked) {
  const auto begins = [&](bool words, const char* name) {
    std::vector<bool> all;
    const SentenceCorpus corpus = corpus_of("abc de, f\nghi", directory_, words, name);
    for (const CorpusToken& token : corpus.read({0, corpus.tokens()})) all.push_back(token.begins_word);
    return all;
  };
  EXPECT_EQ(begins(true, "words"), (std::vector<bool>{1, 0, 0, 1, 0, 1, 1, 1, 0, 0}))
      << "the comma is a word";
  EXPECT_EQ(begins(false, "tokens"), std::vector<bool>(10, true));
}

TEST_F(SentenceCorpusTest, ReadsCompressedFiles) {
  const auto path = directory_.path() / "text.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, "ab\n\nc\n");
  gzclose(file);
  const auto corpus = open_sentence_corpus({path}, *letters_tokenizer(), false, directory_.path() / "cache");
  EXPECT_EQ(corpus.documents(), 2);
  EXPECT_EQ(corpus.tokens(), 3);
}

TEST_F(SentenceCorpusTest, TheCacheIsUsedUntilTheFilesChange) {
  const auto file = write("text", "a b c");
  const auto cache = directory_.path() / "cache";
  const auto open = [&] { return open_sentence_corpus({file}, *letters_tokenizer(), false, cache).tokens(); };
  EXPECT_EQ(open(), 3);
  const auto made = std::filesystem::last_write_time(cache);
  EXPECT_EQ(open(), 3);
  EXPECT_EQ(std::filesystem::last_write_time(cache), made);
  write("text", "a b c d");
  EXPECT_EQ(open(), 4);
}

TEST_F(SentenceCorpusTest, ManyLinesOnAllThreadsComeInOrder) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(1, static_cast<char>('a' + i % 26)) + "\n";
  const SentenceCorpus corpus = corpus_of(text, directory_);
  ASSERT_EQ(corpus.sentences(), 3000);
  const auto tokens = corpus.read({0, 3000});
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(tokens[static_cast<std::size_t>(i)].id, 5 + i % 26) << i;
}

TEST_F(SentenceCorpusTest, WhatCannotBeReadIsNamed) {
  const auto open = [&](const std::filesystem::path& path) {
    return
        [&, path] { open_sentence_corpus({path}, *letters_tokenizer(), false, directory_.path() / "cache"); };
  };
  EXPECT_THAT(open(directory_.path() / "none"), ThrowsMessage<Error>(HasSubstr("none: No such file")));
  EXPECT_THAT(open(directory_.path()), ThrowsMessage<Error>(HasSubstr("not a regular file")));
  EXPECT_THAT(open(write("empty", "")), ThrowsMessage<Error>(HasSubstr("empty holds no text")));
  EXPECT_THAT(open(write("blank", "\n \n")), ThrowsMessage<Error>(HasSubstr("blank holds no text")));
}

}  // namespace
}  // namespace attune::text
