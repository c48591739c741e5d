// Heat maps of matrices between two labelled sequences: one large, or many small ones side by side.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::plot {

// A grid of maps that share their axes and their colours. Labels and titles are any bytes; they are drawn
// through visible_label().
struct HeatMapGrid {
  std::string title, x_title, y_title;
  std::string scale_title;                 // beside the colour bar
  float scale_end = 0;                     // gets the last colour, as does what is larger; 0: the largest
  std::vector<std::string> x_labels;       // of a map's columns
  std::vector<std::string> y_labels;       // of its rows, from the top
  std::vector<std::string> column_titles;  // of the grid's columns; shown when there are several maps
  std::vector<std::string> row_titles;     // of its rows, from the top
  std::vector<std::vector<float>> maps;    // row by row of the grid; each (y_labels, x_labels), row by row
};

// Draws the grid as a .png or .svg file, by the ending of `path`. Colours go from 0 to the end of the scale.
// Returns the characters of labels that no installed font has, which a PNG file shows as "\u4E2D"; fonts of
// SVG files are the viewer's matter. Throws Error for values that are negative or not finite, and what draw()
// of attune/plot/gnuplot.h throws.
std::u32string draw_heat_maps(const HeatMapGrid& grid, const std::filesystem::path& path);

}  // namespace attune::plot
