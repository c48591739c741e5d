#include "attune/models/forecasting/forecast_head.h"

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/models/forecasting/student_t.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/forecast_loss/forecast_loss.h"
#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

using Kind = ForecastHead::Kind;

ops::ForecastLossKind loss_kind(const ForecastHead& head, PointLoss point) {
  if (head.kind == Kind::quantiles) return ops::ForecastLossKind::quantile;
  if (head.kind == Kind::student_t) return ops::ForecastLossKind::student_t;
  return point == PointLoss::mse   ? ops::ForecastLossKind::mse
         : point == PointLoss::mae ? ops::ForecastLossKind::mae
                                   : ops::ForecastLossKind::huber;
}

// Calls f(outputs (Q), result (R)) for every value, in parallel, and puts the results in units of the series:
// (B, H, C, R).
template <typename F>
Tensor map_values(const ForecastHead& head, const ForecastOutput& output, std::int64_t results, F f) {
  const Tensor outputs = ops::contiguous(ops::cast(detach(output.outputs), DType::float32));  // (B, H, C, Q)
  check(outputs.rank() == 4 && outputs.dim(3) == head.outputs(),
        "a forecast has outputs {}, expected (B, H, C, {})", outputs.shape(), head.outputs());
  const std::int64_t steps = outputs.dim(1), series = outputs.dim(2), count = outputs.dim(3);
  const bool has_units = output.scale.defined();
  const Tensor location = has_units ? ops::contiguous(output.location) : Tensor();  // (B, 1, C)
  const Tensor scale = has_units ? ops::contiguous(output.scale) : Tensor();        // (B, 1, C)
  const Tensor values = Tensor::empty(outputs.shape().with(3, results));            // (B, H, C, R)
  const float* from = outputs.data<float>();
  float* to = values.mutable_data<float>();
  cpu::parallel_for(outputs.dim(0), cpu::rows_grain(steps * series * count),
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin * steps * series; i < end * steps * series; ++i) {
                        float* const result = to + i * results;
                        f(from + i * count, result);
                        if (!has_units) continue;
                        const std::int64_t unit = i / (steps * series) * series + i % series;
                        for (std::int64_t r = 0; r < results; ++r)
                          result[r] = result[r] * scale.data<float>()[unit] + location.data<float>()[unit];
                      }
                    });
  return values;
}

double squareplus(double x) {
  const double root = std::sqrt(x * x + 4);
  return x < 0 ? 2 / (root - x) : (x + root) / 2;
}

// Keeps values in order, so that quantiles never cross; NaN does no harm.
void insert(std::vector<float>& rising, float value) {
  rising.insert(std::ranges::find_if(rising, [value](float other) { return other > value; }), value);
}

// The value at a level, by linear interpolation between those at `levels`, which rise with it.
float between(std::span<const double> levels, const std::vector<float>& rising, double level) {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(levels, level) - levels.begin());
  if (above == 0) return rising.front();
  if (above == levels.size()) return rising.back();
  const double share = (level - levels[above - 1]) / (levels[above] - levels[above - 1]);
  return rising[above - 1] + static_cast<float>(share) * (rising[above] - rising[above - 1]);
}

Tensor interpolated(const ForecastHead& head, const ForecastOutput& output, std::span<const double> levels) {
  return map_values(head, output, std::ssize(levels), [&](const float* outputs, float* result) {
    thread_local std::vector<float> rising;
    rising.clear();
    for (std::size_t q = 0; q < head.quantiles.size(); ++q) insert(rising, outputs[q]);
    for (std::size_t r = 0; r < levels.size(); ++r) result[r] = between(head.quantiles, rising, levels[r]);
  });
}

Tensor of_student_t(const ForecastHead& head, const ForecastOutput& output, std::span<const double> levels) {
  std::vector<StudentTQuantiles> quantiles;
  for (const double level : levels) quantiles.emplace_back(level);
  return map_values(head, output, std::ssize(levels), [&](const float* outputs, float* result) {
    const double freedom = 2 + squareplus(outputs[0]), scale = squareplus(outputs[2]);
    for (std::size_t r = 0; r < quantiles.size(); ++r)
      result[r] = static_cast<float>(outputs[1] + scale * quantiles[r](freedom));
  });
}

}  // namespace

Tensor as_outputs(const Tensor& x, const ForecastHead& head) {
  const Tensor split = ops::reshape(x, {x.dim(0), x.dim(1), head.outputs(), -1});  // (B, C, Q, H)
  return ops::transpose(ops::transpose(split, 1, 3), 2, 3);                        // (B, H, C, Q)
}

Tensor forecast_loss(const ForecastHead& head, const ForecastOutput& output, const Tensor& truth,
                     const Tensor& observed, PointLoss point) {
  return ops::forecast_loss(output.outputs, truth,
                            {.kind = loss_kind(head, point),
                             .levels = head.quantiles,
                             .observed = observed,
                             .location = output.location,
                             .scale = output.scale});
}

Tensor point_forecast(const ForecastHead& head, const ForecastOutput& output) {
  const auto one_value = [](const Tensor& values) {
    return ops::reshape(values, {values.dim(0), values.dim(1), values.dim(2)});  // (B, H, C)
  };
  if (head.kind == Kind::quantiles) {
    const double median = 0.5;
    return one_value(interpolated(head, output, {&median, 1}));
  }
  const int location = head.kind == Kind::student_t ? 1 : 0;
  return one_value(map_values(
      head, output, 1, [location](const float* outputs, float* result) { *result = outputs[location]; }));
}

Tensor forecast_quantiles(const ForecastHead& head, const ForecastOutput& output,
                          std::span<const double> levels) {
  if (head.kind == Kind::quantiles) return interpolated(head, output, levels);
  if (head.kind == Kind::student_t) return of_student_t(head, output, levels);
  return map_values(head, output, 1, [](const float* outputs, float* result) { *result = outputs[0]; });
}

}  // namespace attune::models
