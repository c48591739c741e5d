#include "attune/tasks/forecasting/forecast_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/base/error.h"

namespace attune::tasks {

using models::ForecastInputs;
using models::ForecastTruth;
using series::Window;

ForecastData::ForecastData(series::Panel panel, series::Scaler scaler,
                           std::shared_ptr<const series::Calendar> calendar, std::int64_t ahead)
    : panel_(std::move(panel)), scaler_(std::move(scaler)), calendar_(std::move(calendar)) {
  values_ = scaler_.scaled(panel_);
  panel_.values = {};
  for (const series::Span& span : panel_.spans) end_step_ = std::max(end_step_, span.end_step());
  const std::size_t columns = panel_.columns.size();
  const auto channels = static_cast<std::size_t>(panel_.targets + panel_.past_covariates);
  for (std::size_t i = 0; i < values_.size() && !missing_; ++i)
    missing_ = i % columns < channels && std::isnan(values_[i]);
  if (calendar_) fill_calendar(end_step_ + ahead);
}

void ForecastData::fill_calendar(std::int64_t steps) {
  const std::size_t fields = calendar_->fields().size();
  for (std::size_t f = 0; f < fields; ++f) {
    auto& scaled = scaled_fields_.emplace_back();
    for (std::int64_t value = 0; value < calendar_->size(f); ++value)
      scaled.push_back(calendar_->scaled(f, value));
  }
  fields_.resize(static_cast<std::size_t>(steps) * fields);
  std::vector<std::int64_t> values(fields);
  for (std::int64_t step = 0; step < steps; ++step) {
    calendar_->values(step, values);
    std::ranges::transform(values, fields_.begin() + step * static_cast<std::int64_t>(fields),
                           [](std::int64_t value) { return static_cast<std::uint16_t>(value); });
  }
}

const float* ForecastData::row(std::size_t span, std::int64_t step) const {
  const series::Span& of = panel_.spans[span];
  if (step < of.first_step || step >= of.end_step()) return nullptr;
  const auto row = static_cast<std::size_t>(of.first_row + step - of.first_step);
  return values_.data() + row * panel_.columns.size();
}

float ForecastData::value(std::size_t span, std::int64_t step, std::size_t column) const {
  const float* const values = row(span, step);
  return values == nullptr ? std::numeric_limits<float>::quiet_NaN() : values[column];
}

void ForecastData::copy(std::span<const Window> windows, std::int64_t before, std::int64_t after,
                        std::int64_t first, const Tensor& values, const Tensor& observed) const {
  const std::int64_t columns = values.dim(2);
  float* value = values.mutable_data<float>();
  float* seen = observed.defined() ? observed.mutable_data<float>() : nullptr;
  for (const Window& window : windows) {
    for (std::int64_t step = window.target_step - before; step < window.target_step + after; ++step) {
      const float* const from = row(window.span, step);
      for (std::int64_t c = 0; c < columns; ++c) {
        const bool known = from != nullptr && !std::isnan(from[first + c]);
        *value++ = known ? from[first + c] : 0;
        if (seen != nullptr) *seen++ = known ? 1 : 0;
      }
    }
  }
}

ForecastInputs ForecastData::inputs(std::span<const Window> windows, std::int64_t context,
                                    std::int64_t horizon) const {
  const auto count = static_cast<std::int64_t>(windows.size());
  const std::int64_t channels = panel_.targets + panel_.past_covariates, known = panel_.future_covariates;
  ForecastInputs inputs{.past = Tensor::empty({count, context, channels})};   // (B, L, C + P)
  if (missing_) inputs.observed = Tensor::empty({count, context, channels});  // (B, L, C + P)
  copy(windows, context, 0, 0, inputs.past, inputs.observed);
  if (calendar_) copy_calendar(windows, context, horizon, inputs);
  if (known > 0) {
    inputs.future_values = Tensor::empty({count, context + horizon, known});  // (B, L + H, K)
    copy(windows, context, horizon, channels, inputs.future_values, {});
  }
  return inputs;
}

void ForecastData::copy_calendar(std::span<const Window> windows, std::int64_t context, std::int64_t horizon,
                                 ForecastInputs& inputs) const {
  const auto fields = static_cast<std::int64_t>(scaled_fields_.size());
  const Shape shape{static_cast<std::int64_t>(windows.size()), context + horizon, fields};
  inputs.calendar = Tensor::empty(shape);                        // (B, L + H, F)
  inputs.calendar_indices = Tensor::empty(shape, DType::int64);  // (B, L + H, F)
  float* scaled = inputs.calendar.mutable_data<float>();
  std::int64_t* indices = inputs.calendar_indices.mutable_data<std::int64_t>();
  for (const Window& window : windows) {
    const std::int64_t begin = (window.target_step - context) * fields;
    const std::int64_t end = (window.target_step + horizon) * fields;
    check(begin >= 0 && end <= std::ssize(fields_), "the calendar ends before the forecast does");
    for (std::int64_t i = begin; i < end; ++i) {
      const std::uint16_t index = fields_[static_cast<std::size_t>(i)];
      *indices++ = index;
      *scaled++ = scaled_fields_[static_cast<std::size_t>((i - begin) % fields)][index];
    }
  }
}

ForecastTruth ForecastData::truth(std::span<const Window> windows, std::int64_t horizon) const {
  const Shape shape{static_cast<std::int64_t>(windows.size()), horizon, panel_.targets};
  ForecastTruth truth{.values = Tensor::empty(shape)};  // (B, H, C)
  if (missing_) truth.observed = Tensor::empty(shape);  // (B, H, C)
  copy(windows, 0, horizon, 0, truth.values, truth.observed);
  return truth;
}

}  // namespace attune::tasks
