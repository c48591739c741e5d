// Prefix language modelling (Raffel et al., 1910.10683, section 3.2.3; after Liu et al., 1801.10198): a text
// is divided at a place drawn uniformly; the model sees the part before it both ways and predicts the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "attune/models/prefix_lm/prefix_lm.h"
#include "attune/tasks/language_modeling/text_windows.h"
#include "attune/tasks/task.h"
#include "attune/text/corpora/corpus.h"

namespace attune::tasks {

struct PrefixLanguageModelingOptions {
  std::int64_t context = 512;  // tokens that the model sees, T; a window has one more, the last target
  std::int64_t batch_size = 8;
  std::uint64_t seed = 0;
};

// Rows of a batch: tokens (B, T), how many of them are the prefix, 1 to T (B), and what follows each token
// (B, T), -100 within the prefix: its last token predicts the first of the rest.
struct PrefixBatch {
  Tensor ids, prefix, targets;
  std::int64_t tokens = 0;  // targets that count
};

class PrefixLanguageModeling : public Task {
 public:
  // Throws UsageError for sizes that make no sense, Error for a text shorter than a window. The model must
  // outlive the task.
  PrefixLanguageModeling(const models::PrefixLanguageModel& model, text::TokenCorpus train,
                         std::optional<text::TokenCorpus> valid,
                         const PrefixLanguageModelingOptions& options);

  // A row, its window and its prefix, is a function of its place in the run.
  PrefixBatch batch(const MicroBatchIndex& which) const;
  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override;
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override { return {"perplexity"}; }
  // Each window of the text once, with prefixes that are the same in every evaluation of every run.
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::PrefixLanguageModel& model_;
  text::TokenCorpus train_;
  std::optional<text::TokenCorpus> valid_;
  PrefixLanguageModelingOptions options_;
  TextWindows windows_;
  std::uint64_t prefix_seed_;
};

}  // namespace attune::tasks
