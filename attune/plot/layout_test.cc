#include "attune/plot/layout.h"

#include <gtest/gtest.h>

#include "attune/plot/label.h"

namespace attune::plot {
namespace {

HeatMapGrid grid(std::size_t tokens, const std::string& label, std::size_t layers = 1,
                 std::size_t heads = 1) {
  HeatMapGrid grid;
  grid.title = "a title";
  grid.x_labels.assign(tokens, label);
  grid.y_labels.assign(tokens, label);
  grid.row_titles.assign(layers, "layer");
  grid.column_titles.assign(heads, "head");
  return grid;
}

void expect_inside(const Box& box, const Layout& layout) {
  EXPECT_GE(box.left, 0);
  EXPECT_GE(box.bottom, 0);
  EXPECT_LE(box.left + box.width, layout.width);
  EXPECT_LE(box.bottom + box.height, layout.height);
}

TEST(Layout, EverythingLiesWithinThePictureAndCellsAreSquare) {
  for (const std::size_t tokens : {1u, 2u, 5u, 17u, 60u, 300u, 1024u}) {
    for (const std::size_t maps : {1u, 2u, 4u, 12u}) {
      HeatMapGrid wide = grid(tokens, "Übermut", maps, maps);
      wide.x_labels.resize(tokens / 2 + 1);
      const Layout layout = lay_out(wide);
      ASSERT_EQ(layout.maps.size(), maps * maps);
      for (const Box& map : layout.maps) {
        expect_inside(map, layout);
        EXPECT_DOUBLE_EQ(map.width, layout.cell * static_cast<double>(tokens / 2 + 1));
        EXPECT_DOUBLE_EQ(map.height, layout.cell * static_cast<double>(tokens));
      }
      expect_inside(layout.scale, layout);
      EXPECT_LT(layout.width, 8000);
      EXPECT_LT(layout.height, 8000);
    }
  }
}

TEST(Layout, LabelsHaveRoom) {
  const std::string label = visible_label("an unusually long token");
  const HeatMapGrid long_labels = grid(8, label);
  const Layout layout = lay_out(long_labels);
  EXPECT_TRUE(layout.slanted);
  const Box& map = layout.maps.front();
  const double reach = 0.7071 * label_width(label, layout.font);
  EXPECT_GT(map.left, label_width(label, layout.font));
  EXPECT_GT(map.bottom, reach);
  EXPECT_LT(layout.y_title_x, map.left - label_width(label, layout.font));
  EXPECT_LT(layout.x_title_y, map.bottom - reach);
}

TEST(Layout, ShortLabelsLieFlat) { EXPECT_FALSE(lay_out(grid(8, "ab")).slanted); }

TEST(Layout, LabelsAreThereWhereTheyAreLegible) {
  EXPECT_EQ(lay_out(grid(5, "the")).label_every, 1u);
  EXPECT_EQ(lay_out(grid(60, "the")).label_every, 1u);
  EXPECT_GT(lay_out(grid(1024, "the")).label_every, 1u);
  EXPECT_EQ(lay_out(grid(5, "the", 4, 4)).label_every, 1u);
  EXPECT_EQ(lay_out(grid(60, "the", 4, 4)).label_every, 0u);
  for (const std::size_t tokens : {60u, 300u, 1024u}) {
    const Layout layout = lay_out(grid(tokens, "the"));
    EXPECT_GE(layout.font, 11);
    EXPECT_GT(layout.cell * static_cast<double>(layout.label_every), layout.font);
  }
}

TEST(Layout, ALongTitleWidensThePicture) {
  HeatMapGrid titled = grid(1, "a");
  titled.title = std::string(90, 'x');
  EXPECT_GT(lay_out(titled).width, label_width(titled.title, title_font));
}

}  // namespace
}  // namespace attune::plot
