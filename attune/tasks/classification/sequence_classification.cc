#include "attune/tasks/classification/sequence_classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "attune/base/error.h"
#include "attune/ops/cast/cast.h"
#include "attune/tasks/metrics/classification.h"
#include "attune/tasks/metrics/regression.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0xc1a;

// (B, L) of zeros and ones.
Tensor sets_of(const LabelledTexts& texts, std::span<const std::uint32_t> which) {
  const std::size_t labels = texts.sets.size() / texts.inputs.size();
  const Tensor sets = Tensor::empty(
      {static_cast<std::int64_t>(which.size()), static_cast<std::int64_t>(labels)}, DType::int64);
  for (std::size_t i = 0; i < which.size(); ++i)
    std::copy_n(texts.sets.begin() + static_cast<std::ptrdiff_t>(which[i] * labels), labels,
                sets.mutable_data<std::int64_t>() + i * labels);
  return sets;
}

// The targets of some texts, as the model's loss takes them: (B) int64, or (B) float32 of a regression.
Tensor targets_of(const LabelledTexts& texts, std::span<const std::uint32_t> which) {
  const auto pick = [&which](const auto& values, const Tensor& into, auto* data) {
    for (std::size_t i = 0; i < which.size(); ++i) data[i] = values[which[i]];
    return into;
  };
  const Shape shape{static_cast<std::int64_t>(which.size())};
  if (!texts.sets.empty()) return sets_of(texts, which);
  if (texts.values.empty()) {
    const Tensor labels = Tensor::empty(shape, DType::int64);  // (B)
    return pick(texts.labels, labels, labels.mutable_data<std::int64_t>());
  }
  const Tensor values = Tensor::empty(shape, DType::float32);  // (B)
  return pick(texts.values, values, values.mutable_data<float>());
}

Evaluation evaluate_labels(std::span<const float> scores, std::span<const std::int64_t> labels) {
  const std::size_t classes = scores.size() / labels.size();
  std::vector<std::int64_t> predictions;
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.subspan(i * classes, classes);
    predictions.push_back(std::ranges::max_element(row) - row.begin());
    loss += cross_entropy(row, labels[i]);
  }
  const double f1 = classes == 2 ? binary_scores(predictions, labels).f1
                                 : average_scores(predictions, labels, Average::macro).f1;
  return {loss / static_cast<double>(labels.size()),
          {{"accuracy", accuracy(predictions, labels)},
           {"f1", f1},
           {"matthews_correlation", matthews_correlation(predictions, labels)}}};
}

// Scores and sets of `labels` a text.
Evaluation evaluate_sets(std::span<const float> scores, std::span<const std::int64_t> sets,
                         std::size_t labels) {
  std::vector<std::int64_t> hits(labels), predicted(labels), actual(labels);
  double loss = 0, right = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::size_t label = i % labels;
    const bool said = scores[i] > 0, is = sets[i] != 0;
    hits[label] += said && is ? 1 : 0;
    predicted[label] += said ? 1 : 0;
    actual[label] += is ? 1 : 0;
    const double x = scores[i];
    loss += std::max(x, 0.0) - (is ? x : 0) + std::log1p(std::exp(-std::abs(x)));
    if (label + 1 < labels) continue;
    const auto row = [&](std::size_t j) { return (scores[i - j] > 0) == (sets[i - j] != 0); };
    bool all = true;
    for (std::size_t j = 0; j < labels; ++j) all = all && row(j);
    right += all ? 1 : 0;
  }
  const auto total = [](const auto& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  };
  double macro = 0;
  for (std::size_t label = 0; label < labels; ++label)
    macro += precision_recall(hits[label], predicted[label], actual[label]).f1;
  const auto count = static_cast<double>(scores.size());
  return {loss / count,
          {{"micro_f1", precision_recall(total(hits), total(predicted), total(actual)).f1},
           {"macro_f1", macro / static_cast<double>(labels)},
           {"accuracy", right * static_cast<double>(labels) / count}}};
}

}  // namespace

SequenceClassification::SequenceClassification(const models::SequenceClassifier& model, LabelledTexts train,
                                               std::optional<LabelledTexts> valid,
                                               const SequenceClassificationOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      batches_(lengths_of(train_.inputs), options.batch_size, fold_in(options.seed, batch_stream)) {}

MicroBatchLoss SequenceClassification::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto examples = batches_.batch(which);
  return {model_.loss(make_text_batch(train_.inputs, examples, model_.facts()), targets_of(train_, examples),
                      options_.terms, context),
          static_cast<double>(examples.size())};
}

std::vector<std::string> SequenceClassification::metric_names() const {
  if (!train_.sets.empty()) return {"micro_f1", "macro_f1", "accuracy"};
  if (!train_.values.empty()) return {"pearson", "spearman"};
  return {"accuracy", "f1", "matthews_correlation"};
}

std::optional<Evaluation> SequenceClassification::evaluate(const nn::Context& context,
                                                           const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation texts");
  const auto scores = classification_scores(model_, valid_->inputs, options_.batch_size, context, stopped);
  if (!scores) return std::nullopt;
  return evaluate_scores(*scores, *valid_);
}

std::optional<std::vector<float>> classification_scores(const models::SequenceClassifier& model,
                                                        std::span<const TextInput> inputs,
                                                        std::int64_t batch_size, const nn::Context& how,
                                                        const std::function<bool()>& stopped) {
  std::vector<float> scores(inputs.size() * static_cast<std::size_t>(model.labels().count()));
  const auto score = [&](std::span<const std::uint32_t> which) {
    const Tensor logits = model.logits(make_text_batch(inputs, which, model.facts()), how);  // (B, L)
    put_rows(ops::cast(logits, DType::float32).to_vector<float>(), which, scores);
  };
  if (!for_each_by_length(lengths_of(inputs), batch_size, score, stopped)) return std::nullopt;
  return scores;
}

Evaluation evaluate_scores(std::span<const float> scores, const LabelledTexts& truth) {
  if (!truth.sets.empty()) return evaluate_sets(scores, truth.sets, truth.sets.size() / truth.inputs.size());
  if (truth.values.empty()) return evaluate_labels(scores, truth.labels);
  return {mean_squared_error(scores, truth.values),
          {{"pearson", pearson_correlation(scores, truth.values)},
           {"spearman", spearman_correlation(scores, truth.values)}}};
}

}  // namespace attune::tasks
