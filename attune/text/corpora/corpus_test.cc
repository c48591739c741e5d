#include "attune/text/corpora/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/text/trainers/character_trainer.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class CorpusTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
  TokenCorpus open(const TextFiles& files, const Tokenizer& tokenizer) {
    return open_corpus(files, tokenizer, cache_, [this](auto, auto) { built_ = true; });
  }
  // Whether opening made the cache anew.
  bool builds(const TextFiles& files, const Tokenizer& tokenizer) {
    built_ = false;
    open(files, tokenizer);
    return built_;
  }
  Ids all(const TokenCorpus& corpus) { return corpus.tokens(0, corpus.size()); }

  io::TestDirectory directory_;
  std::filesystem::path cache_ = directory_.path() / "tokens.cache";
  bool built_ = false;
};

std::unique_ptr<Tokenizer> characters(const std::string& text, bool with_end_of_text = false) {
  CharacterTrainer trainer;
  trainer.add(text);
  return trainer.train(with_end_of_text);
}

std::unique_ptr<Tokenizer> bpe() { return load_tokenizer(std::string(ATTUNE_GOLDENS) + "/tokenizers/bpe"); }

std::string long_text(std::size_t size) {
  std::mt19937_64 random(9);
  const std::vector<std::string> words = {"sun",   "ing", "木",   "  ", "1984",
                                          "don't", "\n",  "\n\n", "é",  "kelomer"};
  std::string text;
  while (text.size() < size) text += words[random() % words.size()] + (random() % 3 == 0 ? "" : " ");
  return text;
}

TEST_F(CorpusTest, HoldsTheTokensOfTheText) {
  const std::string text = long_text(3 << 20);
  const auto tokenizer = bpe();
  const TokenCorpus corpus = open({{write("text", text)}, {}}, *tokenizer);
  EXPECT_TRUE(all(corpus) == tokenizer->encode(text));
  EXPECT_EQ(corpus.bytes(), static_cast<std::int64_t>(text.size()));
  EXPECT_THAT(corpus.documents(), ElementsAre(0));
  std::vector<std::int64_t> wide(5);
  corpus.read(100, std::span(wide));
  const Ids narrow = corpus.tokens(100, 5);
  EXPECT_EQ(wide, std::vector<std::int64_t>(narrow.begin(), narrow.end()));
}

TEST_F(CorpusTest, PutsTheEndOfTextBetweenDocuments) {
  const auto tokenizer = characters("abc\n-", /*with_end_of_text=*/true);  // \n - a b c <|endoftext|>
  const TextFiles files{{write("1", "a\n-\n-\nb\n"), write("2", "c")}, "-"};
  const TokenCorpus corpus = open(files, *tokenizer);
  EXPECT_THAT(all(corpus), ElementsAre(2, 0, 5, 3, 0, 5, 4));
  EXPECT_THAT(corpus.documents(), ElementsAre(0, 3, 6));
  EXPECT_EQ(corpus.bytes(), 5);
}

TEST_F(CorpusTest, VocabulariesBeyond16BitsFit) {
  std::string text;
  for (char32_t c = 0x10000; c < 0x10000 + 70000; ++c) append_utf8(c, text);
  const TokenCorpus corpus = open({{write("text", text)}, {}}, *characters(text));
  Ids expected(70000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_TRUE(all(corpus) == expected);
}

TEST_F(CorpusTest, SplitsOffTheLastPart) {
  const auto tokenizer = characters("0123456789x");
  const auto [train, valid] = open({{write("text", "01234567890123456789x")}, {}}, *tokenizer).split(0.1);
  EXPECT_EQ(train.size(), 18);  // int(21 * 0.9), as nanoGPT divides.
  EXPECT_THAT(all(valid), ElementsAre(8, 9, 10));
  EXPECT_EQ(valid.bytes(), 3);
  EXPECT_THAT(train.documents(), ElementsAre(0));
  EXPECT_THAT(valid.documents(), ElementsAre());
  EXPECT_THROW(train.split(0), UsageError);
  EXPECT_THROW(train.split(1), UsageError);
  EXPECT_THROW(train.split(0.9999), Error);
}

TEST_F(CorpusTest, ReusesTheCacheOnlyForTheSameTextAndTokenizer) {
  const auto tokenizer = characters("abc\n");
  const TextFiles files{{write("text", "abc\nabc\n")}, {}};
  EXPECT_TRUE(builds(files, *tokenizer));
  EXPECT_FALSE(builds(files, *tokenizer));
  EXPECT_TRUE(builds(files, *characters("abcd\n")));
  EXPECT_TRUE(builds({files.paths, "b"}, *tokenizer));
  EXPECT_TRUE(builds({files.paths, ""}, *tokenizer));
  EXPECT_FALSE(builds({files.paths, ""}, *tokenizer));
  write("text", "abc\nabc\nc");
  EXPECT_TRUE(builds(files, *tokenizer));
  EXPECT_EQ(open(files, *tokenizer).size(), 9);
}

TEST_F(CorpusTest, MakesADamagedCacheAnew) {
  const auto tokenizer = characters("abc\n");
  const TextFiles files{{write("text", "abc\nabc\n")}, {}};
  open(files, *tokenizer);
  const std::string good = io::read_text(cache_);
  for (std::size_t size = 0; size < good.size(); size += 9) {  // Cut off anywhere.
    io::write_text_atomically(cache_, good.substr(0, size));
    EXPECT_TRUE(builds(files, *tokenizer)) << size;
  }
  for (std::size_t at = 24; at < good.size(); at += 3) {  // Bytes of the footer.
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x80);
    io::write_text_atomically(cache_, bad);
    const TokenCorpus corpus = open(files, *tokenizer);
    EXPECT_EQ(all(corpus), tokenizer->encode("abc\nabc\n")) << at;
  }
}

TEST_F(CorpusTest, NamesACacheWithTokensOutsideTheVocabulary) {
  const auto tokenizer = characters("abc\n");
  const TextFiles files{{write("text", "abc\nabc\n")}, {}};
  open(files, *tokenizer);
  std::string bad = io::read_text(cache_);
  bad[3] = 1;
  io::write_text_atomically(cache_, bad);
  const TokenCorpus corpus = open(files, *tokenizer);
  EXPECT_THAT([&] { corpus.tokens(0, 8); }, ThrowsMessage<Error>(HasSubstr("tokens.cache is damaged")));
}

TEST_F(CorpusTest, RefusesPositionsOutside) {
  const TokenCorpus corpus = open({{write("text", "abc")}, {}}, *characters("abc"));
  EXPECT_EQ(corpus.tokens(1, 2), (Ids{1, 2}));
  EXPECT_THROW(corpus.tokens(1, 3), Error);
  EXPECT_THROW(corpus.tokens(-1, 1), Error);
  EXPECT_THROW(corpus.tokens(0, -1), Error);
  EXPECT_THROW(corpus.tokens(INT64_MAX, 2), Error);
}

TEST_F(CorpusTest, SaysWhereTheTextCannotBeEncoded) {
  const auto tokenizer = characters("abc \n");
  std::string text = std::string(3 << 20, 'a');
  for (std::size_t i = 99; i < text.size(); i += 100) text[i] = '\n';
  text += "ab\xFF";
  const auto path = write("text", text);
  EXPECT_THAT(
      [&] {
        open({{path}, {}}, *tokenizer);
      },
      ThrowsMessage<Error>(AllOf(HasSubstr(path.string() + ": line 31458, offset 3145730"),
                                 HasSubstr("invalid UTF-8 (byte 0xFF)"))));
  EXPECT_FALSE(std::filesystem::exists(cache_));
  write("text", "abc\nb!");
  EXPECT_THAT(
      [&] {
        open({{path}, {}}, *tokenizer);
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("line 2, offset 5"), HasSubstr("\"!\" (U+0021)"))));
  write("text", "-\n-\n");
  EXPECT_THAT([&] { open({{path}, "-"}, *tokenizer); }, ThrowsMessage<Error>(HasSubstr("holds no text")));
}

// As on a full disk: the system refuses to let a file grow.
TEST_F(CorpusTest, LeavesNothingWhenTheCacheCannotBeWritten) {
  const auto path = write("text", long_text(1 << 20));
  const auto tokenizer = bpe();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THAT([&] { open({{path}, {}}, *tokenizer); }, ThrowsMessage<Error>(HasSubstr("cannot write")));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_EQ(entry.path(), path);
  }
}

}  // namespace
}  // namespace attune::text
