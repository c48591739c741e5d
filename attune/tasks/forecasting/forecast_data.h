// Panels as a forecaster takes them: scaled values and calendar fields, cut into windows when they are asked
// for and never before, so that memory holds the data once.
//
// Shapes as in models/forecasting/forecaster.h.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/models/forecasting/forecaster.h"
#include "attune/series/calendar/calendar.h"
#include "attune/series/panel.h"
#include "attune/series/scaler.h"
#include "attune/series/windows.h"

namespace attune::tasks {

class ForecastData {
 public:
  // `calendar` may be null. The calendar reaches `ahead` steps beyond the last row.
  ForecastData(series::Panel panel, series::Scaler scaler, std::shared_ptr<const series::Calendar> calendar,
               std::int64_t ahead);

  // The panel without its values.
  const series::Panel& panel() const { return panel_; }
  const series::Scaler& scaler() const { return scaler_; }
  std::int64_t end_step() const { return end_step_; }  // one past the last row of any series

  // The L steps before each window's first target, and what is known of the H steps from there.
  models::ForecastInputs inputs(std::span<const series::Window> windows, std::int64_t context,
                                std::int64_t horizon) const;
  models::ForecastTruth truth(std::span<const series::Window> windows, std::int64_t horizon) const;

  // The scaled value at a step of a series, NaN where it is missing or outside the series.
  float value(std::size_t span, std::int64_t step, std::size_t column) const;

 private:
  void fill_calendar(std::int64_t steps);
  void copy_calendar(std::span<const series::Window> windows, std::int64_t context, std::int64_t horizon,
                     models::ForecastInputs& inputs) const;
  // The columns of a step of a series (C + P + K); null outside the series.
  const float* row(std::size_t span, std::int64_t step) const;
  // The columns from `first` on of the steps before and after each window's first target, into values (B,
  // before + after, columns), 0 where missing; and, unless it is undefined, which are observed.
  void copy(std::span<const series::Window> windows, std::int64_t before, std::int64_t after,
            std::int64_t first, const Tensor& values, const Tensor& observed) const;

  series::Panel panel_;
  series::Scaler scaler_;
  std::shared_ptr<const series::Calendar> calendar_;
  std::int64_t end_step_ = 0;
  std::vector<float> values_;                      // (R, C + P + K), NaN where missing
  bool missing_ = false;                           // whether targets or past covariates have a NaN
  std::vector<std::uint16_t> fields_;              // (steps, F)
  std::vector<std::vector<float>> scaled_fields_;  // of each field, by value
};

}  // namespace attune::tasks
