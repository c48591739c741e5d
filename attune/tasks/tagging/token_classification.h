// A label for every word of a sentence (named entities: Tjong Kim Sang and De Meulder, CoNLL-2003), learned
// and predicted on the word's first token, as in BERT (1810.04805, section 5.3) and Hugging Face's
// run_ner.py.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/task.h"
#include "attune/tasks/text_inputs.h"

namespace attune::tasks {

// Sentences as a model takes them.
struct WordInputs {
  std::vector<TextInput> inputs;
  std::vector<std::vector<std::int32_t>> word_ids;  // the word of each token, from 0; -1: of none
  std::int64_t cut = 0;                             // how many lost words to the length

  // One more, cut to `max_length` tokens.
  void add(const text::Tokenizer& tokenizer, std::span<const std::string> words, std::int64_t max_length);
};

struct LabelledSentences {
  WordInputs sentences;
  std::vector<std::vector<std::int64_t>> labels;  // one a word, those that were cut off among them
};

struct TokenClassificationOptions {
  std::int64_t batch_size = 32;
  std::uint64_t seed = 0;
};

class TokenClassification : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  TokenClassification(const models::TokenClassifier& model, LabelledSentences train,
                      std::optional<LabelledSentences> valid, const TokenClassificationOptions& options);

  // The mean over the words of the batch, whose weight is their number.
  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::string_view unit() const override { return "words"; }
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override;
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::TokenClassifier& model_;
  LabelledSentences train_;
  std::optional<LabelledSentences> valid_;
  TokenClassificationOptions options_;
  ExampleBatches batches_;
};

// Calls visit(i, scores) for every input, in the order of their lengths, with its tokens' scores (T, L).
// False when `stopped` said so before the end.
using VisitScores = std::function<void(std::size_t input, std::span<const float> scores)>;
bool for_each_scored(const models::TokenClassifier& model, std::span<const TextInput> inputs,
                     std::int64_t batch_size, const nn::Context& how, const VisitScores& visit,
                     const std::function<bool()>& stopped = {});

// The mean cross-entropy of the words; where all labels are those of entities (O, B-TYPE, I-TYPE, ...)
// precision, recall and F1 of whole entities, as seqeval has them; the share of words whose label is right.
// Words that have no token, since the sentence was cut or the tokenizer makes nothing of them, count as
// predicted O, or as wrong where there is no O; in the cross-entropy they do not count. Nothing when
// `stopped` said so.
std::optional<Evaluation> evaluate_words(const models::TokenClassifier& model, const LabelledSentences& truth,
                                         std::int64_t batch_size, const nn::Context& how,
                                         const std::function<bool()>& stopped = {});

// Whether all are labels of entities: O, B-TYPE, I-TYPE, E-TYPE or S-TYPE.
bool are_entity_labels(std::span<const std::string> labels);

}  // namespace attune::tasks
