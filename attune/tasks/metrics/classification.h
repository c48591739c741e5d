// Metrics of classes, equal to scikit-learn's of the same names with its defaults: what cannot be divided is
// 0.
//
// Of a class: precision = hits / predicted, recall = hits / actual, F1 = 2 hits / (predicted + actual).
// Classes are those that occur, among predictions or references.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace attune::tasks {

struct PrecisionRecall {
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;  // How many references there are.
};

// From how often both agree on something, it is predicted, and it is so.
PrecisionRecall precision_recall(std::int64_t hits, std::int64_t predicted, std::int64_t actual);

struct ClassScore : PrecisionRecall {
  std::int64_t label = 0;
};

// All of these throw UsageError for lists of different lengths or without an element.

double accuracy(std::span<const std::int64_t> predictions, std::span<const std::int64_t> references);

// Of each class that occurs, in order.
std::vector<ClassScore> class_scores(std::span<const std::int64_t> predictions,
                                     std::span<const std::int64_t> references);

// Of one class against all others: f1_score(average="binary") of two classes.
PrecisionRecall binary_scores(std::span<const std::int64_t> predictions,
                              std::span<const std::int64_t> references, std::int64_t positive = 1);

enum class Average {
  macro,     // Over the classes.
  micro,     // Over all hits, predictions and references: the accuracy, where each row has one class.
  weighted,  // Over the classes, by their support. The F1 may then lie outside of precision and recall.
};
PrecisionRecall average_scores(std::span<const std::int64_t> predictions,
                               std::span<const std::int64_t> references, Average average);

// Matthews' correlation coefficient of two classes (Matthews 1975), and Gorodkin's (2004) of more: -1 to 1; 0
// where predictions or references are constant.
double matthews_correlation(std::span<const std::int64_t> predictions,
                            std::span<const std::int64_t> references);

// Minus the logarithm of the softmax's share of one class, from the scores of all of them.
double cross_entropy(std::span<const float> scores, std::int64_t label);

}  // namespace attune::tasks
