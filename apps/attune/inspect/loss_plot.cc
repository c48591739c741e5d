#include "apps/attune/inspect/loss_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attune::command {
namespace {

// The mean loss of each column; NaN where no point falls.
std::vector<double> column_means(const std::vector<HistoryPoint>& points, std::size_t width) {
  const double first = points.front().step, span = std::max(1.0, points.back().step - first);
  std::vector<double> sums(width, 0);
  std::vector<int> counts(width, 0);
  for (const auto& [step, loss] : points) {
    if (!std::isfinite(loss)) continue;
    const double place = std::clamp((step - first) / span, 0.0, 1.0) * static_cast<double>(width - 1);
    sums[static_cast<std::size_t>(place)] += loss;
    ++counts[static_cast<std::size_t>(place)];
  }
  for (std::size_t i = 0; i < width; ++i) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : NAN;
  return sums;
}

}  // namespace

std::string plot_losses(const std::vector<HistoryPoint>& points, int width, int height) {
  if (points.size() < 2) return "";
  const auto means = column_means(points, static_cast<std::size_t>(width));
  double low = INFINITY, high = -INFINITY;
  for (double mean : means) {
    if (std::isnan(mean)) continue;
    low = std::min(low, mean);
    high = std::max(high, mean);
  }
  if (!(low <= high)) return "";
  const double span = std::max(high - low, 1e-9);
  std::vector<std::string> rows(static_cast<std::size_t>(height),
                                std::string(static_cast<std::size_t>(width), ' '));
  for (std::size_t x = 0; x < means.size(); ++x) {
    if (std::isnan(means[x])) continue;
    const auto y = static_cast<std::size_t>(std::lround((high - means[x]) / span * (height - 1)));
    rows[y][x] = '*';
  }
  std::string text;
  for (int y = 0; y < height; ++y) {
    const double value = high - span * y / (height - 1);
    const bool labelled = y == 0 || y == height - 1 || y == height / 2;
    text += fmt::format("{:>9} |{}\n", labelled ? fmt::format("{:.3f}", value) : "",
                        rows[static_cast<std::size_t>(y)]);
  }
  text += fmt::format("{:>9} +{}\n", "", std::string(static_cast<std::size_t>(width), '-'));
  const std::string left = fmt::format("step {:.0f}", points.front().step),
                    right = fmt::format("{:.0f}", points.back().step);
  const int gap = std::max(1, width - static_cast<int>(left.size() + right.size()));
  return text +
         fmt::format("{:>11}{}{}{}\n", "", left, std::string(static_cast<std::size_t>(gap), ' '), right);
}

}  // namespace attune::command
