#include "attune/tasks/forecasting/predict.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/models/forecasting/forecast_head.h"

namespace attune::tasks {

using models::ForecastInputs;

WindowForecast Forecasts::at(std::int64_t window) const {
  const auto of_window = [window](const Tensor& values) {
    const std::int64_t count = values.elements() / values.dim(0);
    return std::span(values.data<float>() + window * count, static_cast<std::size_t>(count));
  };
  return {.point = of_window(point), .levels = forecast_levels, .quantiles = of_window(quantiles)};
}

Tensor window_scales(const ForecastInputs& inputs, std::int64_t targets) {
  const std::int64_t count = inputs.past.dim(0), context = inputs.past.dim(1), channels = inputs.past.dim(2);
  const float* past = inputs.past.data<float>();
  const float* observed = inputs.observed.defined() ? inputs.observed.data<float>() : nullptr;
  const Tensor scales = Tensor::empty({count, targets});  // (B, C)
  float* out = scales.mutable_data<float>();
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t c = 0; c < targets; ++c) {
      double n = 0, sum = 0, squares = 0;
      for (std::int64_t t = 0; t < context; ++t) {
        const std::int64_t at = (b * context + t) * channels + c;
        const double weight = observed == nullptr ? 1 : observed[at], x = past[at];
        n += weight;
        sum += weight * x;
        squares += weight * x * x;
      }
      const double mean = n > 0 ? sum / n : 0, variance = n > 0 ? squares / n - mean * mean : 1;
      out[b * targets + c] = static_cast<float>(std::max(std::sqrt(std::max(variance, 0.0)), 0.1));
    }
  }
  return scales;
}

namespace {

// Adds what validation data taught to the quantiles (B, H, C, Q), in place, and keeps them in order.
// `widening` multiplies the corrections.
void correct(const Calibration& calibration, const Tensor& scales, float widening, const Tensor& quantiles) {
  const std::int64_t count = quantiles.dim(0), horizon = quantiles.dim(1), targets = quantiles.dim(2),
                     levels = quantiles.dim(3);
  const float* scale = scales.data<float>();
  float* values = quantiles.mutable_data<float>();
  const std::int64_t cells = horizon * targets;
  cpu::parallel_for(count * cells, /*grain=*/1024, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t window = i / cells, step = i % cells / targets, target = i % targets;
      float* const row = values + i * levels;
      const float unit = scale[window * targets + target] * widening;
      for (std::int64_t q = 0; q < levels; ++q) row[q] += unit * calibration.correction(q, step, target);
      std::sort(row, row + levels);
    }
  });
}

// (B, H, C, Q): of a point forecast, itself at every level.
Tensor quantiles_of(const models::ForecastHead& head, const models::ForecastOutput& output) {
  const Tensor quantiles = models::forecast_quantiles(head, output, forecast_levels);  // (B, H, C, Q or 1)
  const std::int64_t levels = std::ssize(forecast_levels), count = quantiles.elements();
  if (quantiles.dim(3) == levels) return quantiles;
  const Tensor repeated =
      Tensor::empty({quantiles.dim(0), quantiles.dim(1), quantiles.dim(2), levels});  // (B, H, C, Q)
  for (std::int64_t i = 0; i < count; ++i)
    std::fill_n(repeated.mutable_data<float>() + i * levels, levels, quantiles.data<float>()[i]);
  return repeated;
}

Forecasts forecast(const models::Forecaster& model, const Calibration& calibration,
                   const ForecastInputs& inputs, const nn::Context& context, float widening) {
  const NoGrad no_grad;
  const models::ForecastOutput output = model.forecast(inputs, context);
  Forecasts forecasts{.point = models::point_forecast(model.head(), output),  // (B, H, C)
                      .quantiles = quantiles_of(model.head(), output)};       // (B, H, C, Q)
  if (!calibration.is_empty())
    correct(calibration, window_scales(inputs, model.sizes().targets), widening, forecasts.quantiles);
  return forecasts;
}

// Puts what was forecast so far (B, done, C) where the past of inputs, `done` steps later, does not reach;
// past covariates have the values of `last` (B, C + P) there.
void put_forecasts(const Tensor& forecasts, std::int64_t done, const std::vector<float>& last,
                   std::int64_t targets, ForecastInputs& inputs) {
  const std::int64_t count = inputs.past.dim(0), context = inputs.past.dim(1), channels = inputs.past.dim(2);
  const std::int64_t horizon = forecasts.dim(1);
  float* past = inputs.past.mutable_data<float>();
  float* observed = inputs.observed.defined() ? inputs.observed.mutable_data<float>() : nullptr;
  const float* known = forecasts.data<float>();
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t t = std::max<std::int64_t>(context - done, 0); t < context; ++t) {
      const std::int64_t step = t - (context - done);  // of the forecast
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t at = (b * context + t) * channels + c;
        past[at] = c < targets ? known[(b * horizon + step) * targets + c]
                               : last[static_cast<std::size_t>(b * channels + c)];
        if (observed != nullptr) observed[at] = 1;
      }
    }
  }
}

// The last values of the past (B, C + P).
std::vector<float> last_values(const Tensor& past) {
  std::vector<float> last;
  const std::int64_t context = past.dim(1), channels = past.dim(2);
  for (std::int64_t b = 0; b < past.dim(0); ++b) {
    const float* const row = past.data<float>() + ((b + 1) * context - 1) * channels;
    last.insert(last.end(), row, row + channels);
  }
  return last;
}

// Rows [0, steps) of `some` (B, S, ...) become rows [from, from + steps) of `all` (B, H, ...).
void put_steps(const Tensor& some, std::int64_t steps, std::int64_t from, const Tensor& all) {
  const std::int64_t width = some.elements() / (some.dim(0) * some.dim(1));
  for (std::int64_t b = 0; b < some.dim(0); ++b)
    std::copy_n(some.data<float>() + b * some.dim(1) * width, steps * width,
                all.mutable_data<float>() + (b * all.dim(1) + from) * width);
}

}  // namespace

Forecasts forecast(const models::Forecaster& model, const Calibration& calibration,
                   const ForecastInputs& inputs, const nn::Context& context) {
  return forecast(model, calibration, inputs, context, 1);
}

Forecasts roll(const models::Forecaster& model, const Calibration& calibration, const ForecastData& data,
               std::span<const series::Window> windows, std::int64_t horizon, const nn::Context& context) {
  const models::ForecastSizes& sizes = model.sizes();
  const auto count = static_cast<std::int64_t>(windows.size());
  const Forecasts all{.point = Tensor::zeros({count, horizon, sizes.targets}),  // (B, H, C)
                      .quantiles = Tensor::empty(
                          {count, horizon, sizes.targets, std::ssize(forecast_levels)})};  // (B, H, C, Q)
  std::vector<series::Window> moved(windows.begin(), windows.end());
  std::vector<float> last;
  for (std::int64_t done = 0, pass = 1; done < horizon; done += sizes.horizon, ++pass) {
    ForecastInputs inputs = data.inputs(moved, sizes.context, sizes.horizon);
    if (done == 0) last = last_values(inputs.past);
    put_forecasts(all.point, done, last, sizes.targets, inputs);
    const float widening = std::sqrt(static_cast<float>(pass));
    const Forecasts next = forecast(model, calibration, inputs, context, widening);
    const std::int64_t steps = std::min(sizes.horizon, horizon - done);
    put_steps(next.point, steps, done, all.point);
    put_steps(next.quantiles, steps, done, all.quantiles);
    for (series::Window& window : moved) window.target_step += sizes.horizon;
  }
  return all;
}

}  // namespace attune::tasks
