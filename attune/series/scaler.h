// Standardised values: each column minus its mean, divided by its standard deviation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attune/series/panel.h"

namespace attune::series {

class Scaler {
 public:
  Scaler() = default;
  // One mean and deviation a column, as the data had them that the model was trained on.
  Scaler(std::vector<double> means, std::vector<double> deviations)
      : means_(std::move(means)), deviations_(std::move(deviations)) {}

  // Of the rows before grid step `end`, where training data ends: what comes later must leave no trace.
  // Missing values do not count. The deviation is the population's; that of a column that never changes is 1.
  // Throws Error for a column without any value there, or with values too large to be squared.
  static Scaler fit(const Panel& panel, std::int64_t end);

  // (R, C) float32, NaN where missing.
  std::vector<float> scaled(const Panel& panel) const;
  double original(double value, std::size_t column) const {
    return value * deviations_[column] + means_[column];
  }

  const std::vector<double>& means() const { return means_; }
  const std::vector<double>& deviations() const { return deviations_; }

 private:
  std::vector<double> means_, deviations_;
};

}  // namespace attune::series
