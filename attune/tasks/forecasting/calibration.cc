#include "attune/tasks/forecasting/calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/io/safetensors.h"

namespace attune::tasks {
namespace {

constexpr const char* file_name = "calibration.safetensors";
constexpr const char* tensor_name = "quantile_corrections";

// Most residuals that are kept (80 MB), unless that were too few windows to say anything.
constexpr std::int64_t most_residuals = 20'000'000, fewest_windows = 100;

// By linear interpolation between the order statistics. Reorders `values`.
float quantile(std::vector<float>& values, double level) {
  if (values.empty()) return 0;
  const double place = level * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const float low = values[static_cast<std::size_t>(below)];
  if (below + 1 == std::ssize(values)) return low;
  const float high = *std::min_element(values.begin() + below + 1, values.end());
  return low + static_cast<float>(place - static_cast<double>(below)) * (high - low);
}

// The median of the quantiles of consecutive parts of the values, which are in the order of time: errors of
// neighbouring windows are alike, so that a single unusual period would widen or narrow every interval.
float typical_quantile(std::vector<float>& values, double level) {
  constexpr std::size_t periods = 3, fewest = 20;  // values of a period
  if (values.size() < periods * fewest) return quantile(values, level);
  std::vector<float> of_periods;
  for (std::size_t p = 0; p < periods; ++p) {
    const auto begin = static_cast<std::ptrdiff_t>(values.size() * p / periods);
    const auto end = static_cast<std::ptrdiff_t>(values.size() * (p + 1) / periods);
    std::vector<float> period(values.begin() + begin, values.begin() + end);
    of_periods.push_back(quantile(period, level));
  }
  return quantile(of_periods, 0.5);
}

}  // namespace

std::optional<std::size_t> place_of_level(std::span<const double> levels, double level) {
  const auto found = std::ranges::find_if(levels, [&](double at) { return std::abs(at - level) < 1e-9; });
  if (found == levels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - levels.begin());
}

Calibration::Calibration(Tensor corrections) : corrections_(std::move(corrections)) {
  check(corrections_.rank() == 3 && corrections_.dim(0) == std::ssize(forecast_levels),
        "corrections of quantiles have shape {}, expected ({}, H, C)", corrections_.shape(),
        forecast_levels.size());
}

float Calibration::correction(std::int64_t level, std::int64_t step, std::int64_t target) const {
  return corrections_.data<float>()[(level * horizon() + step) * targets() + target];
}

void Calibration::write(const std::filesystem::path& directory) const {
  if (is_empty()) {
    std::filesystem::remove(directory / file_name);
    return;
  }
  io::TensorView view;
  view.name = tensor_name;
  view.shape.assign(corrections_.shape().begin(), corrections_.shape().end());
  const auto values =
      std::span(corrections_.data<float>(), static_cast<std::size_t>(corrections_.elements()));
  view.bytes = std::as_bytes(values);
  io::write_safetensors(directory / file_name, {view});
}

Calibration Calibration::read(const std::filesystem::path& directory) {
  const auto path = directory / file_name;
  if (!std::filesystem::exists(path)) return {};
  const io::Safetensors file(path);
  const io::TensorView* found = file.find(tensor_name);
  check(found != nullptr && found->shape.size() == 3, "{} has no tensor \"{}\" of three dimensions",
        path.string(), tensor_name);
  const Tensor corrections = Tensor::empty(Shape(found->shape));  // (Q, H, C)
  io::read_elements<float>(
      *found, std::span(corrections.mutable_data<float>(), static_cast<std::size_t>(corrections.elements())));
  return Calibration(corrections);
}

Residuals::Residuals(std::int64_t windows, std::int64_t horizon, std::int64_t targets, std::int64_t levels)
    : horizon_(horizon), targets_(targets), levels_(levels) {
  check(levels == 1 || levels == std::ssize(forecast_levels), "residuals of {} levels, expected 1 or {}",
        levels, forecast_levels.size());
  const std::int64_t of_window = horizon * targets * levels;
  const std::int64_t most = std::max(most_residuals / of_window, fewest_windows);
  stride_ = std::max<std::int64_t>((windows + most - 1) / most, 1);
  residuals_.resize(static_cast<std::size_t>(of_window));
}

void Residuals::add(std::span<const float> quantiles, std::span<const float> truth,
                    std::span<const float> units) {
  const auto levels = static_cast<std::size_t>(levels_);
  for (std::size_t i = 0; i < truth.size(); ++i) {  // (H, C)
    if (std::isnan(truth[i])) continue;
    const float unit = units[i % units.size()];
    for (std::size_t q = 0; q < levels; ++q)
      residuals_[i * levels + q].push_back((truth[i] - quantiles[i * levels + q]) / unit);
  }
}

Calibration Residuals::calibration() {
  if (std::ranges::all_of(residuals_, [](const auto& of) { return of.empty(); })) return {};
  const std::int64_t levels = std::ssize(forecast_levels), cells = horizon_ * targets_;
  const Tensor corrections = Tensor::empty({levels, horizon_, targets_});  // (Q, H, C)
  float* const out = corrections.mutable_data<float>();
  cpu::parallel_for(cells, /*grain=*/16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t cell = begin; cell < end; ++cell) {
      for (std::int64_t q = 0; q < levels; ++q) {
        auto& values = residuals_[static_cast<std::size_t>(cell * levels_ + (levels_ == 1 ? 0 : q))];
        out[q * cells + cell] = typical_quantile(values, forecast_levels[static_cast<std::size_t>(q)]);
      }
    }
  });
  return Calibration(corrections);
}

}  // namespace attune::tasks
