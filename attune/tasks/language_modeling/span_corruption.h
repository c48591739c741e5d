// Span corruption: the objective that T5 is pre-trained with (Raffel et al., 1910.10683, section 3.1.4 and
// figure 2). Spans of the text are left out, each with a sentinel in its place; the target is what was left
// out, each span behind its sentinel:
//   text     Thank you for inviting me to your party last week .
//   source   Thank you <extra_id_0> me to your party <extra_id_1> week . </s>
//   target   <extra_id_0> for inviting <extra_id_1> last </s>
// Lengths and spans are those of T5's own code (random_spans_helper, random_spans_noise_mask).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/tasks/language_modeling/text_windows.h"
#include "attune/tasks/task.h"
#include "attune/tasks/text_to_text/translation.h"
#include "attune/tensor/random.h"
#include "attune/text/corpora/corpus.h"

namespace attune::tasks {

struct SpanNoise {
  double density = 0.15;        // share of the tokens that is left out, in (0, 1)
  double mean_span_length = 3;  // at least 1

  // Throws UsageError naming the flag.
  void validate() const;
};

// How many tokens of `length`, at least 2, are left out, and in how many spans. Halves are rounded to the
// even number, as in T5's code; there is at least one token of either kind, and a span.
struct NoiseCounts {
  std::int64_t tokens, spans;
};
NoiseCounts noise_counts(std::int64_t length, const SpanNoise& noise);

// The longest text whose corrupted source, with sentinels and end of text, has at most `context` tokens (at
// least 4), and the lengths of both sides then.
struct SpanLengths {
  std::int64_t tokens, source, target;
};
SpanLengths span_lengths(std::int64_t context, const SpanNoise& noise);

// Which of `length` tokens are left out: the counts are as noise_counts() says, the lengths of the spans and
// of what stands between them are drawn, each way to divide them being equally likely. The first token stays,
// the last is left out.
std::vector<bool> random_spans_noise_mask(std::int64_t length, const SpanNoise& noise, Generator& generator);

struct CorruptedText {
  std::vector<std::int32_t> source, target;
};
// Each run of tokens that `left_out` names becomes the next of the sentinels. Throws Error for more runs than
// there are sentinels.
CorruptedText corrupt_spans(std::span<const std::int32_t> tokens, const std::vector<bool>& left_out,
                            std::span<const std::int32_t> sentinels, std::int32_t end_of_text);

struct SpanCorruptionOptions {
  std::int64_t context = 512;  // tokens of a corrupted source
  SpanNoise noise = {};
  std::int64_t batch_size = 8;               // windows of a micro-batch
  std::vector<std::int32_t> sentinels = {};  // in order: <extra_id_0>, <extra_id_1>, ...
  std::uint64_t seed = 0;
};

class SpanCorruption : public Task {
 public:
  // Throws UsageError for sizes that make no sense, Error for a text shorter than a window. The model must
  // outlive the task.
  SpanCorruption(const models::SequenceToSequenceModel& model, text::TokenCorpus train,
                 std::optional<text::TokenCorpus> valid, const SpanCorruptionOptions& options);

  // A row, its window and its spans, is a function of its place in the run.
  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::int64_t micro_batches_per_epoch() const override;
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override { return {"perplexity"}; }
  // Each window of the text once, with spans that are the same in every evaluation of every run.
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

  const SpanLengths& lengths() const { return lengths_; }

 private:
  void append(text::ParallelCorpus& batch, const text::TokenCorpus& text, std::int64_t begin,
              std::int64_t count, std::uint64_t seed) const;
  TranslationBatch make_batch(const text::ParallelCorpus& batch) const;

  const models::SequenceToSequenceModel& model_;
  text::TokenCorpus train_;
  std::optional<text::TokenCorpus> valid_;
  SpanCorruptionOptions options_;
  SpanLengths lengths_;
  TextWindows windows_;
  std::uint64_t span_seed_;
};

}  // namespace attune::tasks
