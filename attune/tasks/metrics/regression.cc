#include "attune/tasks/metrics/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "attune/tasks/metrics/pairs.h"

namespace attune::tasks {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

Numbers numbers(std::span<const float> values) { return {values.begin(), values.end()}; }

bool all_equal(const Numbers& values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
}

// Less their mean, with length 1.
void normalise(Numbers& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double largest = 0, squares = 0;
  for (double& value : values) largest = std::max(largest, std::abs(value -= mean));
  for (double& value : values) {
    value /= largest;  // so that no square overflows
    squares += value * value;
  }
  for (double& value : values) value /= std::sqrt(squares);
}

double correlation(Numbers a, Numbers b) {
  if (a.size() < 2 || all_equal(a) || all_equal(b)) return kUndefined;
  normalise(a);
  normalise(b);
  return std::clamp(std::inner_product(a.begin(), a.end(), b.begin(), 0.0), -1.0, 1.0);  // NaN stays
}

// From 1; equal values share the mean of their ranks.
Numbers ranks(const Numbers& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Numbers result(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double mean = (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2;
    for (std::size_t i = begin; i < end; ++i) result[order[i]] = mean;
  }
  return result;
}

bool has_nan(const Numbers& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

}  // namespace

double mean_squared_error(std::span<const float> predictions, std::span<const float> references) {
  check_pairs("mean squared error", predictions.size(), references.size());
  double sum = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const double difference = static_cast<double>(predictions[i]) - static_cast<double>(references[i]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(predictions.size());
}

double pearson_correlation(std::span<const float> predictions, std::span<const float> references) {
  check_pairs("Pearson correlation", predictions.size(), references.size());
  return correlation(numbers(predictions), numbers(references));
}

double spearman_correlation(std::span<const float> predictions, std::span<const float> references) {
  check_pairs("Spearman correlation", predictions.size(), references.size());
  const Numbers a = numbers(predictions), b = numbers(references);
  if (has_nan(a) || has_nan(b)) return kUndefined;  // they have no order
  return correlation(ranks(a), ranks(b));
}

}  // namespace attune::tasks
