#include "attune/text/corpora/text_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::size_t cut_at_spaces(std::string_view text, std::size_t from) {
  return std::min(text.find(' ', from), text.size());
}

class TextReaderTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }

  // The documents, put together from their parts; checks what is said of every part.
  std::vector<std::string> documents(const std::vector<std::filesystem::path>& paths,
                                     std::optional<std::string> separator) {
    std::vector<std::string> documents;
    TextReader reader(whole_files(paths), std::move(separator), cut_at_spaces);
    for (TextPart part; reader.next(part);) {
      if (part.begins_document) documents.emplace_back();
      documents.back() += part.text;
      const std::string file = io::read_text(part.path);
      EXPECT_EQ(file.compare(part.offset, part.text.size(), part.text), 0);
      EXPECT_EQ(part.line, 1 + static_cast<std::uint64_t>(std::count(
                                   file.begin(), file.begin() + static_cast<long>(part.offset), '\n')));
      EXPECT_LE(part.text.size(), 4 * TextReader::kPartBytes);
    }
    EXPECT_EQ(reader.position(), total_bytes(whole_files(paths)));
    return documents;
  }

  io::TestDirectory directory_;
};

TEST_F(TextReaderTest, EveryFileIsADocument) {
  EXPECT_THAT(documents({write("a", "one\ntwo"), write("b", "three\n")}, std::nullopt),
              ElementsAre("one\ntwo", "three\n"));
}

TEST_F(TextReaderTest, SeparatorLinesDivideAFile) {
  const auto path = write("a", "one\n--\ntwo --\n ---\n--\r\n--\n--x\nthree\n--");
  EXPECT_THAT(documents({path}, "--"), ElementsAre("one\n", "two --\n ---\n", "--x\nthree\n"));
  EXPECT_THAT(documents({write("b", "\none\ntwo\n\n\nthree")}, ""), ElementsAre("one\ntwo\n", "three"));
}

TEST_F(TextReaderTest, LongTextComesWholeInParts) {
  std::mt19937_64 random(3);
  std::string text;
  while (text.size() < 5 * TextReader::kPartBytes) {
    text += std::string(random() % 12 + 1, 'x') + (random() % 9 == 0 ? "\n" : " ");
    if (random() % 60000 == 0) text += "\n# #\n";
  }
  std::vector<std::string> expected(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (text.compare(at, end - at, "# #\n") == 0) {
      expected.emplace_back();
    } else {
      expected.back() += text.substr(at, end - at);
    }
    at = end;
  }
  EXPECT_TRUE(documents({write("a", text)}, "# #") == expected);
  EXPECT_TRUE(documents({write("a", text)}, std::nullopt) == std::vector<std::string>{text});
}

TEST_F(TextReaderTest, DividesBetweenCharactersWhereThereIsNoOtherPlace) {
  std::string text = "x";
  while (text.size() < 9 * TextReader::kPartBytes) text += "木";
  const auto path = write("a", text);
  TextReader reader(whole_files(std::vector{path}), std::nullopt, cut_at_spaces);
  std::string whole;
  int parts = 0;
  for (TextPart part; reader.next(part); ++parts) {
    EXPECT_LE(part.text.size(), 4 * TextReader::kPartBytes);
    EXPECT_EQ(part.text.size() % 3, parts == 0 ? 1u : 0u);
    whole += part.text;
  }
  EXPECT_TRUE(whole == text);
  EXPECT_GT(parts, 1);
}

TEST_F(TextReaderTest, SamplesAreSpreadEvenly) {
  const std::uint64_t mib = 1 << 20;
  const std::vector<TextRange> all = {{"a", 0, 6 * mib}, {"b", 0, 2 * mib}, {"c", 0, 8 * mib}};
  EXPECT_EQ(sample_ranges(all, 16 * mib).size(), 3u);
  const std::vector<TextRange> sample = sample_ranges(all, 4 * mib);
  ASSERT_EQ(sample.size(), 4u);
  EXPECT_EQ(total_bytes(sample), 4 * mib);
  EXPECT_EQ(sample[1].path, "a");
  EXPECT_EQ(sample[1].begin, 4 * mib);
  EXPECT_EQ(sample[2].path, "c");
  EXPECT_EQ(sample[2].begin, 0u);
  EXPECT_EQ(sample[3].begin, 4 * mib);
}

TEST_F(TextReaderTest, NamesFilesItCannotRead) {
  const auto error = [](const std::filesystem::path& path) {
    return [path] { whole_files(std::vector{path}); };
  };
  EXPECT_THAT(error(directory_.path() / "none"), ThrowsMessage<Error>(HasSubstr("none: No such file")));
  EXPECT_THAT(error(directory_.path()), ThrowsMessage<Error>(HasSubstr("not a regular file")));
  EXPECT_THAT(error(write("empty", "")), ThrowsMessage<Error>(HasSubstr("empty is empty")));
  EXPECT_THAT([] { whole_files({}); }, ThrowsMessage<Error>(HasSubstr("no text files")));
  EXPECT_THROW(TextReader({}, "two\nlines", cut_at_spaces), UsageError);
}

TEST_F(TextReaderTest, NamesAFileThatBecameShorter) {
  const auto path = write("a", "some text");
  TextReader reader({{path, 0, 20}}, std::nullopt, cut_at_spaces);
  TextPart part;
  EXPECT_THAT([&] { reader.next(part); }, ThrowsMessage<Error>(HasSubstr("cannot be read beyond byte 9")));
}

}  // namespace
}  // namespace attune::text
