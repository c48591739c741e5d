#include "attune/series/scaler.h"

#include <algorithm>
#include <cmath>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"

namespace attune::series {
namespace {

// Calls visit(row) with the values of every row before grid step `end`.
void for_each_row(const Panel& panel, std::int64_t end, auto&& visit) {
  const std::size_t columns = panel.columns.size();
  for (const Span& span : panel.spans) {
    const std::int64_t rows = std::clamp<std::int64_t>(end - span.first_step, 0, span.length);
    for (std::int64_t row = 0; row < rows; ++row)
      visit(panel.values.data() + static_cast<std::size_t>(span.first_row + row) * columns);
  }
}

}  // namespace

Scaler Scaler::fit(const Panel& panel, std::int64_t end) {
  const std::size_t columns = panel.columns.size();
  std::vector<double> sums(columns), counts(columns), squares(columns);
  for_each_row(panel, end, [&](const double* row) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (std::isnan(row[c])) continue;
      sums[c] += row[c];
      ++counts[c];
    }
  });
  for (std::size_t c = 0; c < columns; ++c) {
    check(counts[c] > 0, "column \"{}\" has no value in the training part, whose mean is needed",
          panel.columns[c]);
    sums[c] /= counts[c];
  }
  for_each_row(panel, end, [&](const double* row) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double distance = row[c] - sums[c];
      if (!std::isnan(distance)) squares[c] += distance * distance;
    }
  });
  for (std::size_t c = 0; c < columns; ++c) {
    const double deviation = std::sqrt(squares[c] / counts[c]);
    check(std::isfinite(deviation),
          "column \"{}\" has values whose squares no number can hold; divide them by a unit",
          panel.columns[c]);
    // What rounding leaves of a column that never changes is no deviation.
    squares[c] = deviation > 1e-12 * std::max(std::abs(sums[c]), 1e-300) ? deviation : 1;
  }
  return {std::move(sums), std::move(squares)};
}

std::vector<float> Scaler::scaled(const Panel& panel) const {
  const std::size_t columns = panel.columns.size();
  check(columns == means_.size(), "the scaler has {} columns, the data {}", means_.size(), columns);
  std::vector<float> scaled(panel.values.size());
  cpu::parallel_for(panel.rows(), /*grain=*/4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::size_t i = static_cast<std::size_t>(begin) * columns;
         i < static_cast<std::size_t>(end) * columns; ++i)
      scaled[i] = static_cast<float>((panel.values[i] - means_[i % columns]) / deviations_[i % columns]);
  });
  return scaled;
}

}  // namespace attune::series
