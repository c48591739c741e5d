#include "attune/plot/layout.h"

#include <algorithm>
#include <cmath>

#include "attune/plot/label.h"

namespace attune::plot {
namespace {

constexpr double gap = 10;        // between things
constexpr double line = 1.4;      // the height of a line of text, of its font's size
constexpr double slant = 0.7071;  // the sine and cosine of 45 degrees
constexpr double bar_width = 18, bar_text = 52, least_bar = 140;  // the colour bar, and the numbers beside it
constexpr double least_legible = 11;                              // the smallest font

// Whole pixels, so that all cells are alike.
double whole(double cell) { return cell >= 3 ? std::floor(cell) : cell; }

double cell_of_single_map(std::size_t cells) {
  const auto n = static_cast<double>(cells);
  return whole(std::max(std::min(720 / n, 64.0), std::min(20.0, 6000 / n)));
}

double cell_of_grid(std::size_t cells, std::size_t maps) {
  const double side = std::clamp(1200 / static_cast<double>(maps), 120.0, 400.0);
  return whole(std::min(side / static_cast<double>(cells), 32.0));
}

std::size_t label_stride(double cell, double font, bool single) {
  const auto stride = static_cast<std::size_t>(std::ceil(line * font / cell - 0.25));
  return single || stride <= 1 ? stride : 0;
}

double widest(const std::vector<std::string>& labels, double font) {
  double width = 0;
  for (const std::string& label : labels) width = std::max(width, label_width(label, font));
  return width;
}

// How far slanted labels of the columns reach beyond the left edge of the maps.
double overhang(const std::vector<std::string>& labels, double font, double cell) {
  double reach = 0, column = cell / 2;
  for (const std::string& label : labels) {
    reach = std::max(reach, slant * (label_width(label, font) + font) - column);
    column += cell;
  }
  return reach;
}

// What stands around the maps, by its distance from them.
struct Margins {
  double left = gap, bottom = gap, top = gap, right = 2 * gap + bar_width + bar_text + line * axis_font;
  double y_title = 0, x_title = 0, row_titles = 0, column_titles = 0;  // middle lines
};

// Takes room for a line of text at the end of `margin` and gives its middle.
double add_line(double& margin) {
  margin += line * axis_font;
  return margin - line * axis_font / 2;
}

Margins measure_margins(const HeatMapGrid& grid, const Layout& layout, bool single) {
  Margins margins;
  if (layout.label_every > 0) {
    const double x_width = widest(grid.x_labels, layout.font);
    margins.left += widest(grid.y_labels, layout.font);
    margins.bottom += layout.slanted ? slant * (x_width + layout.font) : line * layout.font;
  }
  if (!single) {
    margins.row_titles = add_line(margins.left);
    margins.column_titles = add_line(margins.top);
    margins.left += gap / 2;
  }
  margins.y_title = add_line(margins.left);
  margins.x_title = add_line(margins.bottom);
  if (layout.label_every > 0 && layout.slanted) {
    margins.left = std::max(margins.left, overhang(grid.x_labels, layout.font, layout.cell));
  }
  margins.left += gap;
  margins.bottom += gap;
  margins.top += line * title_font + gap;
  return margins;
}

void place(const HeatMapGrid& grid, Margins margins, Layout& layout) {
  const auto rows = grid.row_titles.size(), columns = grid.column_titles.size();
  const double width = layout.cell * static_cast<double>(grid.x_labels.size());
  const double height = layout.cell * static_cast<double>(grid.y_labels.size());
  const double all_width = static_cast<double>(columns) * (width + gap) - gap;
  const double all_height = static_cast<double>(rows) * (height + gap) - gap;
  // A long title widens the picture, and a colour bar needs some height; the maps stay in the middle.
  const double title = label_width(grid.title, title_font) + 2 * gap;
  const double spare = std::max(0.0, title - (margins.left + all_width + margins.right));
  const double raise = std::max(0.0, least_bar - all_height);
  const double left = std::ceil(margins.left + spare / 2), bottom = std::ceil(margins.bottom + raise / 2);
  layout.width = std::ceil(left + all_width + margins.right + spare / 2);
  layout.height = std::ceil(bottom + all_height + margins.top + raise / 2);

  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      layout.maps.push_back({left + static_cast<double>(column) * (width + gap),
                             bottom + static_cast<double>(rows - 1 - row) * (height + gap), width, height});
    }
  }
  const double bar = std::clamp(all_height, least_bar, 480.0);
  layout.scale = {left + all_width + 2 * gap, bottom + (all_height - bar) / 2, bar_width, bar};
  layout.scale_title_x = layout.scale.left + bar_width + bar_text;
  layout.y_title_x = left - margins.y_title;
  layout.x_title_y = bottom - margins.x_title;
  layout.row_title_x = left - margins.row_titles;
  layout.column_title_y = bottom + all_height + margins.column_titles;
}

}  // namespace

Layout lay_out(const HeatMapGrid& grid) {
  const auto rows = grid.row_titles.size(), columns = grid.column_titles.size();
  const bool single = rows * columns == 1;
  const std::size_t cells = std::max(grid.x_labels.size(), grid.y_labels.size());
  Layout layout{};
  layout.cell = single ? cell_of_single_map(cells) : cell_of_grid(cells, std::max(rows, columns));
  layout.font = std::clamp(0.6 * layout.cell, least_legible, 17.0);
  layout.label_every = label_stride(layout.cell, layout.font, single);
  const double room = layout.cell * static_cast<double>(layout.label_every);
  layout.slanted = widest(grid.x_labels, layout.font) > room - 4;
  place(grid, measure_margins(grid, layout, single), layout);
  return layout;
}

}  // namespace attune::plot
