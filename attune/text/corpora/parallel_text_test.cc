#include "attune/text/corpora/parallel_text.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ParallelTextTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
  std::filesystem::path write_gzip(const std::string& name, const std::string& text) const {
    const auto path = directory_.path() / name;
    gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
    gzclose(file);
    return path;
  }
  std::filesystem::path cut(const std::filesystem::path& path, std::size_t bytes) const {
    return write("cut-" + path.filename().string(), io::read_text(path).substr(0, bytes));
  }

  static std::vector<std::pair<std::string, std::string>> pairs(
      const std::vector<std::filesystem::path>& paths) {
    ParallelReader reader(paths);
    std::vector<std::pair<std::string, std::string>> result;
    for (SentencePair pair; reader.next(pair);) result.emplace_back(pair.source, pair.target);
    return result;
  }
  static std::string error(const std::vector<std::filesystem::path>& paths) {
    try {
      pairs(paths);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  io::TestDirectory directory_;
};

TEST_F(ParallelTextTest, APipeIsRefusedAsItCannotBeReadTwice) {
  EXPECT_THAT(error({write("a", "eins\n"), "/dev/null"}), HasSubstr("/dev/null is not a regular file"));
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST_F(ParallelTextTest, ReadsTwoFilesLineByLine) {
  // CRLF, an empty line, a line separator that ends no line, and a last line without an end
  const auto source = write("a",
                            "\xEF\xBB\xBF"
                            "eins\r\n\r\nzwei\xE2\x80\xA8 drei\r\n");
  const auto target = write("b", "one\n\ntwo three");
  EXPECT_EQ(pairs({source, target}),
            (Pairs{{"eins", "one"}, {"", ""}, {"zwei\xE2\x80\xA8 drei", "two three"}}));
}

TEST_F(ParallelTextTest, ReadsGzipAndColumns) {
  std::string many, lines;
  for (int i = 0; i < 100000; ++i) many += std::to_string(i * 7919) + "\n";  // several buffers
  EXPECT_EQ(pairs({write_gzip("a.gz", many), write("b", many)}).size(), 100000u);
  EXPECT_EQ(pairs({write("c.tsv", "eins\tone\n\nzwei\ttwo\r\n")}),
            (Pairs{{"eins", "one"}, {"", ""}, {"zwei", "two"}}));
}

TEST_F(ParallelTextTest, NamesTheLengthsOfFilesThatDiffer) {
  const auto longer = write("a", "1\n2\n3\n"), shorter = write("b", "1\n2\n");
  EXPECT_THAT(error({longer, shorter}), AllOf(HasSubstr("a has 3 lines"), HasSubstr("b has 2")));
  EXPECT_THAT(error({shorter, longer}), AllOf(HasSubstr("b has 2 lines"), HasSubstr("a has 3")));
}

TEST_F(ParallelTextTest, NamesTheLineOfInvalidText) {
  const auto good = write("a", "1\n2\n3\n");
  EXPECT_THAT(error({good, write("b", "1\n2\nx\xFFy\n")}), AllOf(HasSubstr("b: line 3"), HasSubstr("0xFF")));
  EXPECT_THAT(error({write("c", "no column\n")}), AllOf(HasSubstr("line 1"), HasSubstr("two files")));
  EXPECT_THAT(error({write("d", "a\tb\n1\t2\t3\n")}), AllOf(HasSubstr("line 2"), HasSubstr("2 tabs")));
}

TEST_F(ParallelTextTest, NamesACompressedFileThatIsWrong) {
  std::string many;
  for (int i = 0; i < 100000; ++i) many += std::to_string(i * 7919) + "\n";
  const auto plain = write("plain", many), whole = write_gzip("whole.gz", many);
  const auto size = std::filesystem::file_size(whole);
  EXPECT_THAT(error({cut(whole, size / 2), plain}), AllOf(HasSubstr("cut-whole.gz"), HasSubstr("cut off")));
  EXPECT_THAT(error({cut(whole, size - 3), plain}), AllOf(HasSubstr("cut-whole.gz"), HasSubstr("cut off")));
  std::string damaged = io::read_text(whole);
  for (std::size_t i = 2000; i < 2100; ++i) damaged[i] = static_cast<char>(damaged[i] ^ 0x5A);
  EXPECT_THAT(error({write("damaged.gz", damaged), plain}), HasSubstr("damaged.gz is damaged"));
  EXPECT_THAT(error({write("text.gz", "no gzip\n"), plain}), HasSubstr("text.gz is not compressed by gzip"));
}

TEST_F(ParallelTextTest, AsksForFilesThatAreThere) {
  const auto file = write("a", "1\n");
  EXPECT_THAT(error({file, directory_.path() / "missing"}), HasSubstr("missing"));
  EXPECT_THAT(error({file, directory_.path()}), HasSubstr("directory"));
  EXPECT_THROW(pairs({}), UsageError);
  EXPECT_THROW(pairs({file, file, file}), UsageError);
}

TEST_F(ParallelTextTest, LeavesOutPairsThatTeachNothing) {
  const std::vector paths{write("a", "a b\n\n \nc\nx x x x x x x x x x\n"), write("b", "d e\nf\ng\nh\ni\n")};
  const auto tokenizer = choose_translation_tokenizer("bpe:300", paths);
  const ParallelCorpus corpus = read_parallel_corpus(paths, *tokenizer, {.source = 6, .target = 6});
  EXPECT_EQ(corpus.size(), 2);
  EXPECT_EQ(corpus.empty, 2);
  EXPECT_EQ(corpus.too_long, 1);
  EXPECT_EQ(left_out(corpus), "left out: 2 with an empty side and 1 longer than the model takes");
  std::vector<std::int64_t> ids(static_cast<std::size_t>(corpus.source.length(0)));
  corpus.source.read(0, ids);
  EXPECT_EQ(tokenizer->decode_target(std::vector<std::int32_t>(ids.begin(), ids.end())), "a b");
  EXPECT_EQ(ids.back(), *tokenizer->special().eos);
  EXPECT_THROW(read_parallel_corpus(paths, *tokenizer, {.source = 1, .target = 6}), Error);
}

TEST_F(ParallelTextTest, LargeVocabulariesKeepTheirIds) {
  TokenSequences narrow(1 << 16), wide((1 << 16) + 1);
  narrow.append(std::vector<std::int32_t>{1, 65535});
  wide.append(std::vector<std::int32_t>{7});
  wide.append(std::vector<std::int32_t>{65536, 3});
  std::vector<std::int64_t> ids(2);
  narrow.read(0, ids);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 65535}));
  wide.read(1, ids);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{65536, 3}));
  EXPECT_EQ(wide.tokens(), 3);
}

TEST_F(ParallelTextTest, JointTokenizerIsReadBackWithItsTemplate) {
  const std::vector paths{write("a", "ein Hund ein Hund\n"), write("b", "a dog a dog\n")};
  const auto tokenizer = choose_translation_tokenizer("bpe:280", paths);
  for (const char* name : {"x", "y"}) std::filesystem::create_directory(directory_.path() / name);
  tokenizer->save(directory_.path() / "x", 64);
  const auto again = load_translation_tokenizer(directory_.path() / "x");
  again->save(directory_.path() / "y", 64);
  for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
    EXPECT_EQ(io::read_text(directory_.path() / "x" / file), io::read_text(directory_.path() / "y" / file));
  const std::string strange = "Ξένος 外国人 \U0001F600 не";  // nothing of it was in the text
  EXPECT_EQ(again->decode_target(again->encode_target(strange)), strange);
  EXPECT_THROW(choose_translation_tokenizer("char", paths), UsageError);
  EXPECT_THROW(choose_translation_tokenizer("bpe:259", paths), UsageError);
}

}  // namespace
}  // namespace attune::text
