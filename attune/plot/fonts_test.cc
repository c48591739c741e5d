#include "attune/plot/fonts.h"

#include <gtest/gtest.h>

namespace attune::plot {
namespace {

TEST(Fonts, ReplacesWhatTheyCannotDraw) {
  const Fonts latin({{0x20, 0x7e}, {0xa0, 0xff}});
  std::u32string missing;
  EXPECT_EQ(latin.drawable("Grüße", missing), "Grüße");
  EXPECT_TRUE(missing.empty());
  EXPECT_EQ(latin.drawable("a中b中🙂", missing), "a\\u4E2Db\\u4E2D\\U0001F642");
  EXPECT_EQ(missing, U"中🙂");
}

TEST(Fonts, JoinersNeedNone) { EXPECT_TRUE(Fonts({{'a', 'z'}}).can_draw(0x200D)); }

TEST(Fonts, PackagesAreByScript) {
  EXPECT_EQ(font_packages(U"中"), "fonts-wqy-microhei");
  EXPECT_EQ(font_packages(U"한かカ"), "fonts-wqy-microhei");
  EXPECT_EQ(font_packages(U"न"), "fonts-noto-core");
  EXPECT_EQ(font_packages(U"🙂"), "fonts-symbola");
  EXPECT_EQ(font_packages(U"न中🙂"), "fonts-noto-core fonts-wqy-microhei fonts-symbola");
}

}  // namespace
}  // namespace attune::plot
