#include "attune/text/corpora/language_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class LanguageFilesTest : public ::testing::Test {
 protected:
  io::TestDirectory directory_;

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    io::write_text_atomically(path, text);
    return path.string();
  }
};

TEST_F(LanguageFilesTest, AFileIsALanguageAndSoIsADirectory) {
  const std::string en = write("en.txt", "x"), b = write("de/b", "x"), a = write("de/a", "x");
  write("de/.hidden", "x");
  write("de/old/c", "x");
  const auto languages = find_languages({en, (directory_.path() / "de/").string()});
  ASSERT_EQ(languages.size(), 2u);
  EXPECT_EQ(languages[0].name, "en");
  EXPECT_EQ(languages[1].name, "de");
  EXPECT_THAT(languages[1].files, ElementsAre(a, b));
  std::filesystem::create_directories(directory_.path() / "none");
  EXPECT_THAT([&] { find_languages({(directory_.path() / "none").string()}); },
              ThrowsMessage<Error>(HasSubstr("none is a directory without files")));
  EXPECT_THAT([&] { find_languages({"nowhere"}); }, ThrowsMessage<Error>(HasSubstr("nowhere")));
}

TEST_F(LanguageFilesTest, ASampleTakesLinesEvenlyAndByShare) {
  std::string large;
  for (int i = 0; i < 1000; ++i) large += "line " + std::to_string(1000 + i) + "\n\n";  // 10 bytes each
  const auto languages = find_languages({write("large", large), write("small", "one\ntwo\n")});
  const auto sample = [&](std::uint64_t budget) {
    std::vector<std::string> lines;
    const NextText next = sample_lines(languages, {0.5, 0.5}, budget);
    for (std::string line; next(line);) lines.push_back(line);
    return lines;
  };
  EXPECT_EQ(sample(1 << 20).size(), 1002u) << "all that is not blank";
  const auto some = sample(2200);
  EXPECT_NEAR(static_cast<double>(some.size()), 102, 4) << "a tenth of the large one";
  EXPECT_EQ(some.front(), "line 1000");
  EXPECT_GT(some[some.size() - 3], "line 1980");
  EXPECT_THAT((std::vector{some[some.size() - 2], some.back()}), ElementsAre("one", "two"));
}

}  // namespace
}  // namespace attune::text
