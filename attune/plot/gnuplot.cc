#include "attune/plot/gnuplot.h"

#include <fmt/format.h>

#include <cmath>

#include "attune/base/error.h"
#include "attune/io/child_process.h"
#include "attune/io/file.h"

namespace attune::plot {
namespace {

std::string terminal(PictureFormat format, const Canvas& canvas) {
  const auto width = static_cast<int>(std::ceil(canvas.width)),
             height = static_cast<int>(std::ceil(canvas.height));
  const double font = canvas.font * font_unit(format);
  // Fontconfig, or the viewer of an SVG file, finds a font for each character; no name of one is the best of
  // all.
  if (format == PictureFormat::png) {
    return fmt::format("set terminal pngcairo size {},{} font 'sans-serif,{:.2f}' noenhanced\n", width,
                       height, font);
  }
  return fmt::format(
      "set terminal svg size {},{} font 'sans-serif,{:.2f}' noenhanced background '#ffffff' standalone\n",
      width, height, font);
}

bool is_picture(const std::string& output, PictureFormat format) {
  if (format == PictureFormat::png) return output.starts_with("\x89PNG\r\n\x1a\n");
  return output.starts_with("<?xml") && output.find("</svg>") != std::string::npos;
}

// A viewer would blur the cells of an image that it magnifies.
std::string with_sharp_images(std::string svg) {
  const std::string image = "<image ", sharp = "<image style='image-rendering:pixelated' ";
  for (std::size_t at = 0; (at = svg.find(image, at)) != std::string::npos; at += sharp.size()) {
    svg.replace(at, image.size(), sharp);
  }
  return svg;
}

}  // namespace

PictureFormat picture_format(const std::filesystem::path& path) {
  if (path.extension() == ".png") return PictureFormat::png;
  if (path.extension() == ".svg") return PictureFormat::svg;
  fail_usage("{} is no name of a picture, expected an ending of .png or .svg", path.string());
}

double font_unit(PictureFormat format) { return format == PictureFormat::png ? 0.75 : 1; }

void draw(const std::string& script, const Canvas& canvas, const std::filesystem::path& path) {
  const PictureFormat format = picture_format(path);
  // Neither the user's start-up files nor the locale change what is drawn. The picture comes through standard
  // output.
  const auto gnuplot =
      io::run_child({"gnuplot", "--default-settings", "-"},
                    "set encoding utf8\nset decimalsign '.'\n" + terminal(format, canvas) + script);
  check(gnuplot.has_value(),
        "cannot draw {}: gnuplot is not installed (Debian: apt-get install gnuplot-nox fonts-dejavu-core)",
        path.string());
  check(gnuplot->exit_code == 0, "cannot draw {}: gnuplot ended with {}: {}", path.string(),
        gnuplot->exit_code, gnuplot->errors);
  check(is_picture(gnuplot->output, format), "cannot draw {}: gnuplot made no picture: {}", path.string(),
        gnuplot->errors.empty() ? "it said nothing" : gnuplot->errors);
  io::write_text_atomically(
      path, format == PictureFormat::svg ? with_sharp_images(gnuplot->output) : gnuplot->output);
}

}  // namespace attune::plot
