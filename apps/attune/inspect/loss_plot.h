// The training history as a small plot of characters.
#pragma once

#include <string>
#include <vector>

namespace attune::command {

struct HistoryPoint {
  double step, loss;
};

// A plot `width` columns wide and `height` rows high with both axes labelled. Each column shows the mean of
// the points that fall into it. Empty when there are fewer than two points.
std::string plot_losses(const std::vector<HistoryPoint>& points, int width, int height);

}  // namespace attune::command
