// Text to text (Raffel et al., 1910.10683, section 2.4): every task is a text in and a text out, and a prefix
// of the source says which task it is. The loss is that of translation, teacher forcing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/task.h"
#include "attune/text/corpora/parallel_text.h"

namespace attune::tasks {

struct TextToTextExamples {
  text::ParallelCorpus pairs;        // tokens, each side with its end of text
  std::vector<std::string> targets;  // as texts; of an evaluation only
  // The names of the tasks that they are of, and which of them each pair is of; empty where it is one.
  std::vector<std::string> tasks = {};
  std::vector<std::size_t> task_of = {};
};

struct TextToTextOptions {
  std::int64_t batch_size = 16;
  double label_smoothing = 0;  // in [0, 1)
  std::uint64_t seed = 0;
  std::int64_t write_examples = 0;   // how many texts of a task an evaluation writes; 0: all
  bool translation_metrics = false;  // BLEU and chrF of what it writes
};

// What a model writes to sources, as texts.
using WriteTexts =
    std::function<std::vector<std::string>(std::span<const std::vector<std::int64_t>> sources)>;

class TextToText : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  TextToText(const models::SequenceToSequenceModel& model, TextToTextExamples train,
             std::optional<TextToTextExamples> valid, WriteTexts write, const TextToTextOptions& options);

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override;
  // The loss over all tokens, and metrics of what the model writes: of all, and of each task where there are
  // several, with its name before theirs: "cola_exact_match".
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  std::vector<std::uint32_t> pairs_to_write() const;
  std::optional<std::vector<std::string>> written(std::span<const std::uint32_t> pairs,
                                                  const std::function<bool()>& stopped) const;

  const models::SequenceToSequenceModel& model_;
  TextToTextExamples train_;
  std::optional<TextToTextExamples> valid_;
  WriteTexts write_;
  TextToTextOptions options_;
  ExampleBatches batches_;
};

// The share of texts that are the reference, white space aside: runs of it count as one space, at the ends
// as none. Throws UsageError for lists of different lengths or without a text.
double exact_match(std::span<const std::string> texts, std::span<const std::string> references);

}  // namespace attune::tasks
