#include "attune/plot/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/plot/colour_map.h"
#include "attune/plot/fonts.h"
#include "attune/plot/gnuplot.h"
#include "attune/plot/label.h"
#include "attune/plot/layout.h"

namespace attune::plot {
namespace {

constexpr std::size_t longest_title = 100;  // characters

void check_maps(const HeatMapGrid& grid) {
  const std::size_t count = grid.row_titles.size() * grid.column_titles.size();
  const std::size_t values = grid.x_labels.size() * grid.y_labels.size();
  check(grid.maps.size() == count && count > 0, "heat maps: there are {} maps, expected {} x {}",
        grid.maps.size(), grid.row_titles.size(), grid.column_titles.size());
  for (const auto& map : grid.maps) {
    check(map.size() == values && values > 0, "heat maps: a map has {} values, expected {} x {}", map.size(),
          grid.y_labels.size(), grid.x_labels.size());
    const bool drawable =
        std::all_of(map.begin(), map.end(), [](float v) { return v >= 0 && std::isfinite(v); });
    check(drawable, "heat maps: a value is negative or not finite");
  }
}

// Titles are sentences: their spaces may stay spaces.
std::string title_text(const std::string& title) {
  if (title.empty()) return title;
  std::string text = visible_label(title, longest_title);
  const std::string space = "␣";
  for (std::size_t at = 0; (at = text.find(space, at)) != std::string::npos;)
    text.replace(at, space.size(), " ");
  return text;
}

HeatMapGrid with_visible_text(HeatMapGrid grid) {
  for (std::string* title : {&grid.title, &grid.x_title, &grid.y_title, &grid.scale_title})
    *title = title_text(*title);
  for (auto* titles : {&grid.column_titles, &grid.row_titles}) {
    for (std::string& title : *titles) title = title_text(title);
  }
  for (auto* labels : {&grid.x_labels, &grid.y_labels}) {
    for (std::string& label : *labels) label = visible_label(label);
  }
  return grid;
}

// Pango would draw a box for a missing glyph, of an absurd size when gnuplot asks it to.
std::u32string replace_missing_glyphs(HeatMapGrid& grid) {
  std::u32string missing;
  const Fonts fonts = Fonts::installed();
  grid.title = fonts.drawable(grid.title, missing);
  for (auto* labels : {&grid.x_labels, &grid.y_labels}) {
    for (std::string& label : *labels) label = fonts.drawable(label, missing);
  }
  return missing;
}

float end_of_scale(const HeatMapGrid& grid) {
  if (grid.scale_end > 0) return grid.scale_end;
  float value = 0;
  for (const auto& map : grid.maps) value = std::max(value, *std::max_element(map.begin(), map.end()));
  return value > 0 ? value : 1;
}

// A map as an image: cells repeated, or of each block of cells the largest.
struct Image {
  std::size_t rows, columns;
  std::vector<float> pixels;
};

Image magnify(const std::vector<float>& map, std::size_t rows, std::size_t columns, std::size_t factor) {
  Image image{rows * factor, columns * factor, {}};
  for (std::size_t i = 0; i < image.rows; ++i) {
    for (std::size_t j = 0; j < image.columns; ++j) {
      image.pixels.push_back(map[i / factor * columns + j / factor]);
    }
  }
  return image;
}

Image reduce(const std::vector<float>& map, std::size_t rows, std::size_t columns, std::size_t block) {
  Image image{(rows + block - 1) / block, (columns + block - 1) / block, {}};
  image.pixels.assign(image.rows * image.columns, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      float& pixel = image.pixels[i / block * image.columns + j / block];
      pixel = std::max(pixel, map[i * columns + j]);
    }
  }
  return image;
}

// Cells smaller than a pixel would only make the script long. Those of an SVG file are several pixels wide,
// since some viewers blur an image where its pixels meet; but all maps together keep to about a thousand
// pixels a side.
Image image_of(const HeatMapGrid& grid, std::size_t index, double cell, PictureFormat format) {
  const std::size_t rows = grid.y_labels.size(), columns = grid.x_labels.size();
  if (cell < 1) return reduce(grid.maps[index], rows, columns, static_cast<std::size_t>(1 / cell));
  std::size_t factor =
      std::min(rows, columns) > 1 ? 1 : 2;  // gnuplot draws no image of a single row or column
  if (format == PictureFormat::svg) {
    const std::size_t side =
        std::max(rows, columns) * std::max(grid.row_titles.size(), grid.column_titles.size());
    factor = std::clamp<std::size_t>(1000 / side, factor, 8);
  }
  return magnify(grid.maps[index], rows, columns, factor);
}

// Writes the script of one picture; positions are fractions of it.
class Script {
 public:
  Script(const HeatMapGrid& grid, PictureFormat format)
      : grid_(grid), layout_(lay_out(grid)), format_(format) {}

  const Layout& layout() const { return layout_; }

  std::string write() {
    add("set palette defined ({})\nset cbrange [0:{}]\nunset key\nunset xtics\nunset ytics\n", viridis,
        end_of_scale(grid_));
    add("set border 31 lw 0.5 lc '#808080'\n");
    write_titles();
    if (layout_.label_every > 0) write_labels();
    write_scale();
    add("set multiplot\n");
    for (std::size_t i = 0; i < layout_.maps.size(); ++i) write_map(i);
    add("unset multiplot\n");
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  void add_text(const std::string& text, double x, double y, double size, const char* how) {
    add("set label {} at screen {:.6f},{:.6f} {} font ',{:.2f}' noenhanced\n", gnuplot_string(text),
        x / layout_.width, y / layout_.height, how, size * font_unit(format_));
  }

  void write_titles() {
    const Box &first = layout_.maps.front(), &last = layout_.maps.back();
    const double middle_x = (first.left + last.left + last.width) / 2;
    const double middle_y = (first.bottom + first.height + last.bottom) / 2;
    add_text(grid_.title, layout_.width / 2, layout_.height - 22, title_font, "center");
    add_text(grid_.x_title, middle_x, layout_.x_title_y, axis_font, "center");
    add_text(grid_.y_title, layout_.y_title_x, middle_y, axis_font, "center rotate by 90");
    if (layout_.maps.size() == 1) return;
    const std::size_t columns = grid_.column_titles.size();
    for (std::size_t i = 0; i < columns; ++i) {
      const Box& map = layout_.maps[i];
      add_text(grid_.column_titles[i], map.left + map.width / 2, layout_.column_title_y, axis_font, "center");
    }
    for (std::size_t i = 0; i < grid_.row_titles.size(); ++i) {
      const Box& map = layout_.maps[i * columns];
      add_text(grid_.row_titles[i], layout_.row_title_x, map.bottom + map.height / 2, axis_font,
               "center rotate by 90 textcolor '#606060'");
    }
  }

  void write_labels() {
    const std::size_t columns = grid_.column_titles.size();
    for (std::size_t row = 0; row < grid_.row_titles.size(); ++row) {
      const Box& map = layout_.maps[row * columns];
      for (std::size_t i = 0; i < grid_.y_labels.size(); i += layout_.label_every) {
        const double y = map.bottom + map.height - (static_cast<double>(i) + 0.5) * layout_.cell;
        add_text(grid_.y_labels[i], map.left - 6, y, layout_.font, "right");
      }
    }
    const char* how = layout_.slanted ? "right rotate by 45" : "center";
    const double below = layout_.slanted ? 6 : 0.5 * layout_.font + 6;
    for (std::size_t column = 0; column < columns; ++column) {
      const Box& map = layout_.maps[layout_.maps.size() - columns + column];
      for (std::size_t i = 0; i < grid_.x_labels.size(); i += layout_.label_every) {
        const double x = map.left + (static_cast<double>(i) + 0.5) * layout_.cell;
        add_text(grid_.x_labels[i], x, map.bottom - below, layout_.font, how);
      }
    }
  }

  void write_scale() {
    const Box& bar = layout_.scale;
    add("set colorbox user origin screen {:.6f},{:.6f} size screen {:.6f},{:.6f} noborder\n",
        bar.left / layout_.width, bar.bottom / layout_.height, bar.width / layout_.width,
        bar.height / layout_.height);
    add("set cbtics font ',{:.2f}' scale 0.4\n", least_scale_font * font_unit(format_));
    add_text(grid_.scale_title, layout_.scale_title_x, bar.bottom + bar.height / 2, axis_font,
             "center rotate by 90");
  }

  // The texts and the colour bar stand on the whole picture and are drawn with the first map only.
  void write_map(std::size_t index) {
    const Box& map = layout_.maps[index];
    const Image image = image_of(grid_, index, layout_.cell, format_);
    if (index == 1) add("unset label\nunset colorbox\n");
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n"
        "set tmargin at screen {:.6f}\n",
        map.left / layout_.width, (map.left + map.width) / layout_.width, map.bottom / layout_.height,
        (map.bottom + map.height) / layout_.height);
    add("set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\n$map << EOD\n", image.columns - 1, image.rows - 1);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      add("{:.4g}{}", image.pixels[i], (i + 1) % image.columns == 0 ? '\n' : ' ');
    }
    add("EOD\nplot $map matrix with image\n");
  }

  static constexpr double least_scale_font = 13;
  const HeatMapGrid& grid_;
  Layout layout_;
  PictureFormat format_;
  std::string text_;
};

}  // namespace

std::u32string draw_heat_maps(const HeatMapGrid& grid, const std::filesystem::path& path) {
  const PictureFormat format = picture_format(path);
  check_maps(grid);
  HeatMapGrid shown = with_visible_text(grid);
  const std::u32string missing =
      format == PictureFormat::png ? replace_missing_glyphs(shown) : std::u32string();
  Script script(shown, format);
  const std::string text = script.write();
  draw(text, {script.layout().width, script.layout().height, axis_font}, path);
  return missing;
}

}  // namespace attune::plot
