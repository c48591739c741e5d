// A label, or a number, for a text or a pair of texts (GLUE's tasks: Wang et al., 1804.07461; fine-tuned as
// in BERT, 1810.04805, section 4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/task.h"
#include "attune/tasks/text_inputs.h"

namespace attune::tasks {

struct LabelledTexts {
  std::vector<TextInput> inputs;
  // One a text: the first of a classification, the second of a regression.
  std::vector<std::int64_t> labels = {};
  std::vector<float> values = {};
  // Of several labels at once: for each text a zero or a one for every label.
  std::vector<std::int64_t> sets = {};
};

struct SequenceClassificationOptions {
  std::int64_t batch_size = 32;
  std::uint64_t seed = 0;
  models::ClassificationTerms terms = {};  // of the training loss
};

class SequenceClassification : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  SequenceClassification(const models::SequenceClassifier& model, LabelledTexts train,
                         std::optional<LabelledTexts> valid, const SequenceClassificationOptions& options);

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::string_view unit() const override { return "texts"; }
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override;
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::SequenceClassifier& model_;
  LabelledTexts train_;
  std::optional<LabelledTexts> valid_;
  SequenceClassificationOptions options_;
  ExampleBatches batches_;
};

// The scores (L) of every text, in order, end to end: N L numbers. Nothing when `stopped` said so.
std::optional<std::vector<float>> classification_scores(const models::SequenceClassifier& model,
                                                        std::span<const TextInput> inputs,
                                                        std::int64_t batch_size, const nn::Context& how,
                                                        const std::function<bool()>& stopped = {});

// What such scores (N L) are worth: of labels the mean cross-entropy with accuracy, F1 (of two labels the
// second's, else the mean over labels) and Matthews' correlation; of several labels at once, which a text has
// where its score is above 0, the mean binary cross-entropy with micro and macro F1 and how many sets are
// right; of numbers the mean squared error with Pearson's and Spearman's correlation.
Evaluation evaluate_scores(std::span<const float> scores, const LabelledTexts& truth);

}  // namespace attune::tasks
