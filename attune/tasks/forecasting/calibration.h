// Prediction intervals one can trust: how far forecasts were off on validation data widens or narrows what
// the model says (split conformal prediction: Vovk et al., 2005; of quantiles: Romano et al., 1905.03222).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::tasks {

// The levels that every forecast has: intervals of 50, 80, 90 and 95 per cent around the median.
inline const std::vector<double> forecast_levels = {0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975};

// The place of a level in a list of them; none where it is missing.
std::optional<std::size_t> place_of_level(std::span<const double> levels, double level);

// Shapes: H steps of the horizon, C targets, Q levels.
class Calibration {
 public:
  Calibration() = default;
  // corrections (Q, H, C) float32 of forecast_levels.
  explicit Calibration(Tensor corrections);

  bool is_empty() const { return !corrections_.defined(); }
  std::int64_t horizon() const { return corrections_.dim(1); }
  std::int64_t targets() const { return corrections_.dim(2); }
  // What is added to the model's quantile, in units of the window (window_scales()).
  float correction(std::int64_t level, std::int64_t step, std::int64_t target) const;

  // calibration.safetensors; empty: no such file.
  void write(const std::filesystem::path& directory) const;
  static Calibration read(const std::filesystem::path& directory);

 private:
  Tensor corrections_;
};

// Gathers by how much truths differ from quantiles. Of many windows, evenly spaced ones are kept, so that
// memory stays bounded.
class Residuals {
 public:
  // `levels`: Q, or 1 where a single forecast stands for every level.
  Residuals(std::int64_t windows, std::int64_t horizon, std::int64_t targets, std::int64_t levels);

  bool wants(std::int64_t window) const { return window % stride_ == 0; }
  // quantiles (H, C, levels), truth (H, C), NaN where missing, and a unit for each target (C).
  void add(std::span<const float> quantiles, std::span<const float> truth, std::span<const float> units);

  // For every level the quantile, at that level, of what was gathered: where there is enough, the median of
  // those of three consecutive parts. Empty when nothing was.
  Calibration calibration();

 private:
  std::int64_t stride_, horizon_, targets_, levels_;
  std::vector<std::vector<float>> residuals_;  // of each (H, C, levels)
};

}  // namespace attune::tasks
