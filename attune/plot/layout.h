// Where everything in a picture of heat maps goes.
#pragma once

#include <vector>

#include "attune/plot/heat_map.h"

namespace attune::plot {

struct Box {
  double left, bottom, width, height;  // pixels; the picture's lower left corner is the origin
};

// Cells are square. Labels stand outside, left of and below the grid, where they are legible: with fewer
// pixels a cell than a line of text takes, only every so many of a single map, and none of a grid of small
// maps.
struct Layout {
  double width, height;         // of the picture
  double cell;                  // the side of a cell
  double font;                  // the size of labels
  std::size_t label_every;      // 0: no labels
  bool slanted;                 // x labels that are wider than their cells run at 45 degrees
  std::vector<Box> maps;        // in the order of the grid
  Box scale;                    // the colour bar
  double x_title_y, y_title_x;  // the middle lines of the axes' titles
  double row_title_x, column_title_y;
  double scale_title_x;
};

// The sizes of text that is no label, in pixels.
inline constexpr double title_font = 18, axis_font = 15;

// `labels` of the grid must be what will be drawn: visible_label() of each.
Layout lay_out(const HeatMapGrid& grid);

}  // namespace attune::plot
