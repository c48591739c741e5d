// Causal language modelling: predict each token from those before it (Radford et al., 2018, section 3.1).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "attune/models/causal_language_model.h"
#include "attune/tasks/language_modeling/text_windows.h"
#include "attune/tasks/task.h"
#include "attune/text/corpora/corpus.h"

namespace attune::tasks {

struct LanguageModelingOptions {
  std::int64_t context = 0;      // tokens of a window, T
  std::int64_t batch_size = 1;   // windows of a micro-batch, B
  std::int64_t eval_stride = 0;  // see evaluate_language_model; 0: the context
  std::uint64_t seed = 0;
};

// Windows are taken as TextWindows says.
class LanguageModeling : public Task {
 public:
  // Throws Error when a text is shorter than the context, UsageError for sizes that make no sense. The model
  // must outlive the task.
  LanguageModeling(const models::CausalLanguageModel& model, text::TokenCorpus train,
                   std::optional<text::TokenCorpus> valid, const LanguageModelingOptions& options);

  // A row is a function of its place in the run, so a batch divided into micro-batches is the same batch.
  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override;
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override { return {"perplexity", "bits_per_byte"}; }
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::CausalLanguageModel& model_;
  text::TokenCorpus train_;
  std::optional<text::TokenCorpus> valid_;
  LanguageModelingOptions options_;
  TextWindows windows_;
};

struct LanguageModelEvaluation {
  double loss = 0;        // mean of -log p over the tokens, in nats
  double perplexity = 0;  // exp(loss)
  double bits_per_byte = 0;
  std::int64_t tokens = 0;  // predicted: all but the first
};

// Over the whole text, in windows of `context` tokens that move on by `stride`: each token but the first
// counts once, predicted from at least context - stride tokens before it, as far as there are so many.
// `batch_size` windows go at once. Nothing when `stopped` said so. Throws UsageError for sizes that make no
// sense and Error for a text of fewer than two tokens.
std::optional<LanguageModelEvaluation> evaluate_language_model(const models::CausalLanguageModel& model,
                                                               const text::TokenCorpus& text,
                                                               std::int64_t context, std::int64_t stride,
                                                               std::int64_t batch_size,
                                                               const nn::Context& how,
                                                               const std::function<bool()>& stopped = {});

}  // namespace attune::tasks
