// Metrics of numbers, equal to SciPy's and scikit-learn's.
#pragma once

#include <span>

namespace attune::tasks {

// All of these throw UsageError for lists of different lengths or without an element.

// The mean of the squared differences.
double mean_squared_error(std::span<const float> predictions, std::span<const float> references);

// Pearson's correlation coefficient, -1 to 1, as scipy.stats.pearsonr. Not defined (NaN) for fewer than two
// rows, for constant predictions or references, and where one of them is NaN.
double pearson_correlation(std::span<const float> predictions, std::span<const float> references);

// Spearman's: Pearson's of the ranks, where equal values share the mean of theirs, as scipy.stats.spearmanr.
// Not defined where Pearson's is not.
double spearman_correlation(std::span<const float> predictions, std::span<const float> references);

}  // namespace attune::tasks
