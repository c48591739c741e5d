#include "attune/text/pre_tokenizers/byte_level.h"

#include <gtest/gtest.h>

// GoogleTest includes the regular expressions of POSIX, which claim two of Oniguruma's names.
#define ONIG_ESCAPE_REGEX_T_COLLISION
#define re_registers onig_registers
#include <oniguruma.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/text/unicode/character_class.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces_of(std::string_view text) {
  Pieces pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = ByteLevel().piece_end(text, at);
    pieces.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

// GPT-2's regular expression, run by the engine that HF's tokenizers use.
class Regex {
 public:
  Regex() {
    const std::string_view pattern =
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    const auto* begin = reinterpret_cast<const OnigUChar*>(pattern.data());
    OnigErrorInfo error;
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
    EXPECT_EQ(onig_new(&regex_, begin, begin + pattern.size(), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                       ONIG_SYNTAX_RUBY, &error),
              ONIG_NORMAL);
    region_ = onig_region_new();
  }
  ~Regex() {
    onig_region_free(region_, 1);
    onig_free(regex_);
  }

  Pieces pieces_of(std::string_view text) {
    Pieces pieces;
    const auto* begin = reinterpret_cast<const OnigUChar*>(text.data());
    const OnigUChar* end = begin + text.size();
    for (std::size_t at = 0; at < text.size();) {
      const int found = onig_search(regex_, begin, end, begin + at, end, region_, ONIG_OPTION_NONE);
      EXPECT_EQ(found, static_cast<int>(at)) << text;  // The matches cover the text.
      if (found < 0) break;
      const auto match_end = static_cast<std::size_t>(region_->end[0]);
      pieces.emplace_back(text.substr(at, match_end - at));
      at = match_end;
    }
    return pieces;
  }

 private:
  OnigRegex regex_ = nullptr;
  OnigRegion* region_ = nullptr;
};

TEST(ByteLevelTest, DividesAsGpt2Does) {
  EXPECT_EQ(pieces_of("Hello  world's 1984!\n"), (Pieces{"Hello", " ", " world", "'s", " 1984", "!", "\n"}));
  EXPECT_EQ(pieces_of("   \n x"), (Pieces{"   \n", " x"}));
  EXPECT_EQ(pieces_of("\u00a0x"), (Pieces{"\u00a0", "x"}));
  EXPECT_EQ(pieces_of(" "), (Pieces{" "}));
}

TEST(ByteLevelTest, EqualsTheRegularExpressionOnRandomUnicode) {
  Regex regex;
  std::mt19937_64 random(7);
  const std::u32string odd =
      U" '  \n\t\r\u00a0\u2003\u3000\u0085abstrevlmdSé木ж1٣½Ⅷ.,-_!😀\u0301\u200d\ufeff\0"
      U"\u1680\u180e\u2028\U0001F1E9";
  const auto pick = [&](std::uint64_t count) { return random() % count; };
  for (int round = 0; round < 10000; ++round) {
    std::string text;
    for (std::uint64_t n = pick(16) + 1; n > 0; --n) {
      char32_t c = odd[pick(odd.size())];
      if (pick(4) == 0) c = static_cast<char32_t>(pick(pick(2) == 0 ? 0x3000 : 0x110000));
      append_utf8(c >= 0xD800 && c < 0xE000 ? U'x' : c, text);
    }
    ASSERT_EQ(pieces_of(text), regex.pieces_of(text)) << testing::PrintToString(text);
  }
}

// Every code point up to the end of the ideographs, and a sample of the planes beyond, which hardly hold any.
TEST(ByteLevelTest, EqualsTheRegularExpressionOnEveryCodePoint) {
  Regex regex;
  std::string text;
  for (char32_t c = 0; c < 0x110000; c += c < 0x32400 ? 1 : 101) {
    if (c >= 0xD800 && c < 0xE000) continue;
    for (const char* around : {"a", "1", "."}) {
      append_utf8(c, text);
      text += around;
    }
    if (text.size() < 2000) continue;
    ASSERT_EQ(pieces_of(text), regex.pieces_of(text)) << "up to code point " << static_cast<unsigned>(c);
    text.clear();
  }
}

TEST(ByteLevelTest, KeepsInvalidBytesLikePunctuation) {
  EXPECT_EQ(pieces_of("a\xFF\xFE b \x80\xE6\x9C"), (Pieces{"a", "\xFF\xFE", " b", " \x80\xE6\x9C"}));
}

TEST(ByteLevelTest, CutsChangeNoPiece) {
  std::mt19937_64 random(11);
  const std::u32string characters = U" \n\u00a0\u3000'sa1.木\u0301";
  for (int round = 0; round < 10000; ++round) {
    std::string text;
    for (int n = 0; n < 12; ++n) append_utf8(characters[random() % characters.size()], text);
    if (random() % 4 == 0) text.erase(random() % text.size(), 1);  // Some of it no longer valid.
    const std::size_t cut = ByteLevel().find_cut(text, random() % text.size());
    Pieces parts = pieces_of(std::string_view(text).substr(0, cut));
    for (auto& piece : pieces_of(std::string_view(text).substr(cut))) parts.push_back(piece);
    ASSERT_EQ(parts, pieces_of(text)) << testing::PrintToString(text) << " at " << cut;
  }
  EXPECT_EQ(ByteLevel().find_cut("words end", 1), 5u);
  EXPECT_EQ(ByteLevel().find_cut("unending", 1), 8u);
}

}  // namespace
}  // namespace attune::text
