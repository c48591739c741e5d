// Pictures drawn by gnuplot, which runs as a program of its own.
#pragma once

#include <filesystem>
#include <string>

namespace attune::plot {

enum class PictureFormat { png, svg };

// By the file's ending. Throws UsageError for any other than .png and .svg.
PictureFormat picture_format(const std::filesystem::path& path);

struct Canvas {
  double width, height;  // pixels
  double font;           // pixels: the height of text that asks for no other size
};

// How many of gnuplot's units of a font make one pixel.
double font_unit(PictureFormat format);

// Draws `script` on the canvas and replaces `path` by the picture, as a whole or not at all. Throws Error
// that says what gnuplot said, or which package to install when there is no gnuplot.
void draw(const std::string& script, const Canvas& canvas, const std::filesystem::path& path);

}  // namespace attune::plot
