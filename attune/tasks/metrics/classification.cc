#include "attune/tasks/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "attune/tasks/metrics/pairs.h"

namespace attune::tasks {
namespace {

using Labels = std::span<const std::int64_t>;

struct Counts {
  std::int64_t hits = 0, predicted = 0, actual = 0;
};

std::map<std::int64_t, Counts> count_classes(const char* metric, Labels predictions, Labels references) {
  check_pairs(metric, predictions.size(), references.size());
  std::map<std::int64_t, Counts> counts;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    ++counts[references[i]].actual;
    Counts& predicted = counts[predictions[i]];
    ++predicted.predicted;
    predicted.hits += predictions[i] == references[i];
  }
  return counts;
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

PrecisionRecall precision_recall(std::int64_t hits, std::int64_t predicted, std::int64_t actual) {
  return {ratio(hits, predicted), ratio(hits, actual), ratio(2 * hits, predicted + actual), actual};
}

double accuracy(Labels predictions, Labels references) {
  check_pairs("accuracy", predictions.size(), references.size());
  std::int64_t hits = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) hits += predictions[i] == references[i];
  return ratio(hits, static_cast<std::int64_t>(predictions.size()));
}

std::vector<ClassScore> class_scores(Labels predictions, Labels references) {
  std::vector<ClassScore> scores;
  for (const auto& [label, n] : count_classes("F1", predictions, references))
    scores.push_back({precision_recall(n.hits, n.predicted, n.actual), label});
  return scores;
}

PrecisionRecall binary_scores(Labels predictions, Labels references, std::int64_t positive) {
  auto counts = count_classes("F1", predictions, references);
  const Counts n = counts[positive];  // None where it does not occur.
  return precision_recall(n.hits, n.predicted, n.actual);
}

PrecisionRecall average_scores(Labels predictions, Labels references, Average average) {
  const auto counts = count_classes("F1", predictions, references);
  const auto rows = static_cast<std::int64_t>(references.size());
  if (average == Average::micro) {
    std::int64_t hits = 0;
    for (const auto& [label, n] : counts) hits += n.hits;
    return precision_recall(hits, rows, rows);
  }
  PrecisionRecall sum;
  for (const auto& [label, n] : counts) {
    const PrecisionRecall score = precision_recall(n.hits, n.predicted, n.actual);
    const double weight =
        average == Average::macro ? 1 / static_cast<double>(counts.size()) : ratio(n.actual, rows);
    sum.precision += weight * score.precision;
    sum.recall += weight * score.recall;
    sum.f1 += weight * score.f1;
  }
  sum.support = rows;
  return sum;
}

double matthews_correlation(Labels predictions, Labels references) {
  // Covariances of the classes' indicators, times the square of the number of rows n:
  // n hits - sum_k predicted_k actual_k,  n^2 - sum_k predicted_k^2,  n^2 - sum_k actual_k^2.
  const auto counts = count_classes("Matthews correlation", predictions, references);
  const auto rows = static_cast<double>(references.size());
  double hits = 0, both = 0, predicted = 0, actual = 0;
  for (const auto& [label, n] : counts) {
    hits += static_cast<double>(n.hits);
    both += static_cast<double>(n.predicted) * static_cast<double>(n.actual);
    predicted += static_cast<double>(n.predicted) * static_cast<double>(n.predicted);
    actual += static_cast<double>(n.actual) * static_cast<double>(n.actual);
  }
  const double spread = (rows * rows - predicted) * (rows * rows - actual);
  return spread == 0 ? 0 : (rows * hits - both) / std::sqrt(spread);
}

double cross_entropy(std::span<const float> scores, std::int64_t label) {
  const double largest = *std::ranges::max_element(scores);
  double sum = 0;
  for (const float score : scores) sum += std::exp(score - largest);
  return std::log(sum) + largest - scores[static_cast<std::size_t>(label)];
}

}  // namespace attune::tasks
