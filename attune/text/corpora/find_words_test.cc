#include "attune/text/corpora/find_words.h"

#include <gmock/gmock.h>

#include <string>

namespace attune::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const auto& [begin, end] : find_words(text)) words.emplace_back(text.substr(begin, end - begin));
  return words;
}

TEST(FindWords, DividesAsBertDoes) {
  EXPECT_THAT(words_of("I don't live in U.K.\n"),
              ElementsAre("I", "don", "'", "t", "live", "in", "U", ".", "K", "."));
  EXPECT_THAT(words_of("\t@paul\u00A0W\u00fcrzburg\u3000\u201cx\u201d"),
              ElementsAre("@", "paul", "W\u00fcrzburg", "\u201c", "x", "\u201d"));
  EXPECT_THAT(words_of("ab\u5317\u4eac7"), ElementsAre("ab", "\u5317", "\u4eac", "7"));
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(" \r\n"), IsEmpty());
  EXPECT_EQ(find_words(" \u00e9 a")[1], (Offsets{4, 5})) << "offsets are in bytes";
}

}  // namespace
}  // namespace attune::text
