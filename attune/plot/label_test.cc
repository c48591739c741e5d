#include "attune/plot/label.h"

#include <gtest/gtest.h>

#include "attune/base/error.h"

namespace attune::plot {
namespace {

TEST(Label, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(visible_label(" the"), "␣the");
  EXPECT_EQ(visible_label("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(visible_label(std::string("\0\x1b\x7f", 3)), "\\u0000\\u001B\\u007F");
  EXPECT_EQ(visible_label("\u00a0\u200f\u3000\U000E0001"), "\\u00A0\\u200F\\u3000\\U000E0001");
  EXPECT_EQ(visible_label(""), "∅");
}

TEST(Label, ShowsBytesThatAreNoText) {
  EXPECT_EQ(visible_label("\xe4"), "<0xE4>");
  EXPECT_EQ(visible_label("\xe4\xb8"), "<0xE4><0xB8>");  // the beginning of a Chinese character
  EXPECT_EQ(visible_label("a\xff"
                          "b"),
            "a<0xFF>b");
}

TEST(Label, LeavesTextOfAnyScriptAlone) {
  for (const char* text : {"Grüße", "中文字", "مرحبا", "नमस्ते", "🙂", "👩‍👩‍👧", "<s>&amp;",
                           "a\\b{c}^2_@%d", "▁das"}) {
    EXPECT_EQ(visible_label(text), text);
  }
}

TEST(Label, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(visible_label("abcdef", 6), "abcdef");
  EXPECT_EQ(visible_label("abcdefg", 6), "abcdef…");
  EXPECT_EQ(visible_label("e\u0301e\u0301e\u0301", 2), "e\u0301e\u0301…");  // marks go with their letters
}

TEST(Label, WiderTextIsWider) {
  EXPECT_EQ(label_width("", 10), 0);
  EXPECT_GT(label_width("mmm", 10), label_width("iii", 10));
  EXPECT_GE(label_width("中", 10), 10);
  EXPECT_DOUBLE_EQ(label_width("e\u0301", 10), label_width("e", 10));
  EXPECT_DOUBLE_EQ(label_width("ab", 20), 2 * label_width("ab", 10));
}

TEST(GnuplotString, QuotesAreTheOnlyThingToEscape) {
  EXPECT_EQ(gnuplot_string("a\\n `b` \"c\" @d $e %f"), "'a\\n `b` \"c\" @d $e %f'");
  EXPECT_EQ(gnuplot_string("it's"), "'it'.\"'\".'s'");
  EXPECT_EQ(gnuplot_string("'"), "''.\"'\".''");
  EXPECT_THROW(gnuplot_string("a\nquit"), Error);
}

}  // namespace
}  // namespace attune::plot
