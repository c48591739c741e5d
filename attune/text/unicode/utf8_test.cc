#include "attune/text/unicode/utf8.h"

#include <gtest/gtest.h>

namespace attune::text {
namespace {

using Status = CodePoint::Status;

TEST(Utf8Test, EveryCodePointComesBack) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_utf8(c, text);
    const CodePoint decoded = decode_code_point(text + "x");
    ASSERT_EQ(decoded.status, Status::valid) << static_cast<unsigned>(c);
    ASSERT_TRUE(decoded.value == c) << static_cast<unsigned>(c);
    ASSERT_EQ(decoded.length, text.size());
    for (std::size_t n = 1; n < text.size(); ++n) {
      const CodePoint part = decode_code_point(std::string_view(text).substr(0, n));
      ASSERT_EQ(part.status, Status::incomplete) << static_cast<unsigned>(c);
      ASSERT_EQ(part.length, n);
    }
  }
}

// The examples of the Unicode standard 15.0, section 3.9, tables 3-8 to 3-11.
TEST(Utf8Test, ReplacesWhatIsInvalidAsTheStandardRecommends) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(replace_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replace_invalid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(replace_invalid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
}

}  // namespace
}  // namespace attune::text
