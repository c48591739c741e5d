// Pre-training of encoders: predict masked tokens from those on both sides of them, and, with a pair of
// segments, whether the second belongs after the first (BERT: Devlin et al., 1810.04805, section 3.1;
// RoBERTa: Liu et al., 1907.11692; ALBERT: Lan et al., 1909.11942).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/tasks/language_modeling/window_batches.h"
#include "attune/tasks/masked_language_modeling/language_sampling.h"
#include "attune/tasks/masked_language_modeling/masked_examples.h"
#include "attune/tasks/task.h"

namespace attune::tasks {

enum class MaskSchedule {
  fixed,    // "static": an example has the same masked tokens, and the same pair, whenever it is taken
  dynamic,  // they are drawn anew every time (RoBERTa, section 4.1)
};

struct MaskedLanguageModelingOptions {
  std::int64_t batch_size = 32;
  MaskSchedule masking = MaskSchedule::dynamic;
  PairObjective pairs = PairObjective::none;  // as that of the examples
  double language_smoothing = 0.7;
  std::uint64_t seed = 0;
};

// One micro-batch, as the model takes it.
struct MaskedBatch {
  models::TextBatch texts;
  Tensor targets = {};      // (B, T) int64, -100 for what is not predicted
  Tensor pair_labels = {};  // (B) int64
  std::int64_t predicted = 0;
};

class MaskedLanguageModeling : public Task {
 public:
  // The examples of each language. The model must outlive the task; where there are pairs it is a
  // models::PretrainingModel. Throws UsageError for options that make no sense.
  MaskedLanguageModeling(const models::VocabularyModel& model, std::vector<MaskedExamples> train,
                         std::vector<MaskedExamples> valid, const MaskedLanguageModelingOptions& options);
  MaskedLanguageModeling(const MaskedLanguageModeling&) = delete;  // its batches refer to it
  MaskedLanguageModeling& operator=(const MaskedLanguageModeling&) = delete;

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return !valid_.empty(); }
  std::vector<std::string> metric_names() const override;
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

  // What loss() learns from.
  MaskedBatch batch(const MicroBatchIndex& which);
  const LanguageSampling& sampling() const { return sampling_; }

 private:
  const models::VocabularyModel& model_;
  const models::PretrainingModel* pair_model_ = nullptr;  // the same, where there are pairs
  std::vector<MaskedExamples> train_, valid_;
  MaskedLanguageModelingOptions options_;
  LanguageSampling sampling_;
  WindowBatches batches_;
};

// How well the masked tokens of texts are predicted, with masks that are always the same. The loss is the
// mean over all of them, and with `pairs`, where the model is a models::PretrainingModel, plus the mean over
// the pairs. Nothing when `stopped` said so.
std::optional<Evaluation> evaluate_masked_tokens(const models::VocabularyModel& model,
                                                 const std::vector<MaskedExamples>& languages,
                                                 PairObjective pairs, std::int64_t batch_size,
                                                 const nn::Context& how,
                                                 const std::function<bool()>& stopped = {});

}  // namespace attune::tasks
