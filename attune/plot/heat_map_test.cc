#include "attune/plot/heat_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "attune/base/error.h"
#include "attune/io/child_process.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/plot/gnuplot.h"

namespace attune::plot {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HeatMapGrid two_by_three() {
  HeatMapGrid grid;
  grid.title = "runs/it's: cross-attention";
  grid.x_title = "source";
  grid.y_title = "target";
  grid.scale_title = "weight";
  grid.x_labels = {"Grüße", "'<s>&\"", "\\n@{x}^2 `id` $(id)"};
  grid.y_labels = {"中文", "%d\nquit"};
  grid.row_titles = {"layer 0"};
  grid.column_titles = {"head 0"};
  grid.maps = {{0, 0.5F, 1, 0.25F, 0, 0.125F}};
  return grid;
}

std::string message(const HeatMapGrid& grid, const std::filesystem::path& path) {
  try {
    draw_heat_maps(grid, path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

class HeatMap : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!io::run_child({"gnuplot", "--version"}, "")) GTEST_SKIP() << "gnuplot is not installed";
  }
  std::filesystem::path file(const char* name) const { return directory_.path() / name; }

 private:
  io::TestDirectory directory_;
};

TEST_F(HeatMap, AnSvgFileHasEveryLabelAsText) {
  EXPECT_TRUE(draw_heat_maps(two_by_three(), file("map.svg")).empty());
  const std::string svg = io::read_text(file("map.svg"));
  for (const char* text : {"Grüße", "'&lt;s>&amp;\"", "\\n@{x}^2␣`id`␣$(id)", "中文", "%d\\nquit",
                           "runs/it's: cross-attention", "source", "target", "weight"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, HasSubstr("<image "));
  EXPECT_THAT(svg, Not(HasSubstr("head 0")));  // one map needs no name beside the title
}

TEST_F(HeatMap, AGridNamesItsRowsAndColumns) {
  HeatMapGrid grid = two_by_three();
  grid.row_titles = {"layer 0", "layer 1"};
  grid.column_titles = {"head 0", "head 1", "head 2"};
  grid.maps.assign(6, grid.maps[0]);
  draw_heat_maps(grid, file("grid.svg"));
  const std::string svg = io::read_text(file("grid.svg"));
  for (const char* text : {"layer 0", "layer 1", "head 0", "head 1", "head 2"})
    EXPECT_THAT(svg, HasSubstr(text));
  std::size_t images = 0;
  for (std::size_t at = 0; (at = svg.find("<image ", at)) != std::string::npos; ++at) ++images;
  EXPECT_EQ(images, 6u);
}

TEST_F(HeatMap, LargerValuesThanTheScaleGetItsLastColour) {
  HeatMapGrid clipped = two_by_three(), capped = two_by_three();
  clipped.scale_end = capped.scale_end = 0.25F;
  for (float& value : capped.maps[0]) value = std::min(value, 0.25F);
  draw_heat_maps(two_by_three(), file("whole.png"));
  draw_heat_maps(clipped, file("clipped.png"));
  draw_heat_maps(capped, file("capped.png"));
  EXPECT_EQ(io::read_text(file("clipped.png")), io::read_text(file("capped.png")));
  EXPECT_NE(io::read_text(file("clipped.png")), io::read_text(file("whole.png")));
}

TEST_F(HeatMap, APngFileIsLargerForMoreTokens) {
  draw_heat_maps(two_by_three(), file("small.png"));
  HeatMapGrid grid = two_by_three();
  grid.x_labels.assign(60, "Wort");
  grid.y_labels.assign(60, "字");
  grid.maps = {std::vector<float>(3600, 0.5F)};
  draw_heat_maps(grid, file("large.png"));
  const std::string small = io::read_text(file("small.png")), large = io::read_text(file("large.png"));
  for (const std::string* png : {&small, &large}) {
    EXPECT_TRUE(png->starts_with("\x89PNG\r\n\x1a\n"));
    EXPECT_GT(png->size(), 4000u);
  }
  EXPECT_GT(big_endian(small, 16), 200u);  // the width in pixels
  EXPECT_GT(big_endian(large, 16), 1200u);
  EXPECT_GT(big_endian(large, 20), 1200u);
}

TEST_F(HeatMap, OneCellAndNothingButZerosCanBeDrawn) {
  HeatMapGrid grid = two_by_three();
  grid.x_labels = grid.y_labels = {"a"};
  grid.maps = {{0}};
  draw_heat_maps(grid, file("one.svg"));
  EXPECT_THAT(io::read_text(file("one.svg")), HasSubstr("<image "));
}

TEST_F(HeatMap, WhatGnuplotSaysIsReportedAndNothingIsWritten) {
  try {
    draw("plot nonsense(\n", {200, 200, 12}, file("broken.png"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("broken.png"));
    EXPECT_THAT(error.what(), HasSubstr("invalid expression"));
  }
  EXPECT_FALSE(std::filesystem::exists(file("broken.png")));
}

TEST(HeatMapErrors, AnUnknownEndingAndBadValuesAreNamed) {
  EXPECT_THROW(draw_heat_maps(two_by_three(), "map.gif"), UsageError);
  HeatMapGrid grid = two_by_three();
  grid.maps[0].pop_back();
  EXPECT_THAT(message(grid, "map.png"), HasSubstr("has 5 values, expected 2 x 3"));
  grid.maps[0].push_back(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(message(grid, "map.png"), HasSubstr("not finite"));
  grid.column_titles.emplace_back("another");
  EXPECT_THAT(message(grid, "map.png"), HasSubstr("1 maps, expected 1 x 2"));
}

TEST(HeatMapErrors, WithoutGnuplotThePackageIsNamed) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  const std::string what = message(two_by_three(), "map.png");
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(what, HasSubstr("gnuplot is not installed"));
  EXPECT_THAT(what, HasSubstr("gnuplot-nox"));
  EXPECT_FALSE(std::filesystem::exists("map.png"));
}

}  // namespace
}  // namespace attune::plot
