// Translation: predict each token of a sentence from the source and from the tokens before it (Sutskever et
// al., 1409.3215; with the Transformer, 1706.03762).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/tasks/length_batches.h"
#include "attune/tasks/task.h"
#include "attune/text/corpora/parallel_text.h"

namespace attune::tasks {

struct TranslationOptions {
  // The most tokens of a micro-batch on either side, padding included. An optimizer's step of the paper has
  // about 25,000 (section 5.1).
  std::int64_t batch_tokens = 4096;
  double label_smoothing = 0;  // in [0, 1) (section 5.4)
  std::uint64_t seed = 0;
};

// What the model takes for teacher forcing. Letters: B pairs, S source tokens, T target tokens.
struct TranslationBatch {
  models::SequenceBatch source;  // (B, S)
  models::SequenceBatch inputs;  // (B, T): the decoder's start, then the target without its last token
  Tensor targets;                // (B, T): the target with its end of text; -100 behind it
  std::int64_t tokens = 0;       // targets that count
};

TranslationBatch make_translation_batch(const models::SequenceToSequenceModel& model,
                                        const text::ParallelCorpus& corpus,
                                        std::span<const std::uint32_t> pairs);

class Translation : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  Translation(const models::SequenceToSequenceModel& model, text::ParallelCorpus train,
              std::optional<text::ParallelCorpus> valid, const TranslationOptions& options);
  Translation(const Translation&) = delete;  // the batches refer to the text
  Translation& operator=(const Translation&) = delete;

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override { return {"perplexity"}; }
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::SequenceToSequenceModel& model_;
  text::ParallelCorpus train_;
  std::optional<text::ParallelCorpus> valid_;
  TranslationOptions options_;
  LengthBatches batches_;
};

struct TranslationEvaluation {
  double loss = 0;        // mean of -log p over the target tokens, in nats, without label smoothing
  double perplexity = 0;  // exp(loss)
  std::int64_t tokens = 0;
};

// Over the whole text; nothing when `stopped` said so.
std::optional<TranslationEvaluation> evaluate_translation(const models::SequenceToSequenceModel& model,
                                                          const text::ParallelCorpus& text,
                                                          std::int64_t batch_tokens, const nn::Context& how,
                                                          const std::function<bool()>& stopped = {});

}  // namespace attune::tasks
