// The span of a context that answers a question, learned and evaluated as Devlin et al. (BERT, 1810.04805,
// sections 4.2 and 4.3) and Hugging Face's run_qa.py do it.
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
#include "attune/tasks/question_answering/question_windows.h"
#include "attune/tasks/task.h"
#include "attune/tasks/text_inputs.h"
#include "attune/text/corpora/squad.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

// How a question and its context become inputs of a model. All in tokens.
struct WindowOptions {
  std::int64_t max_length = 384;       // of a window: question, part of the context, special tokens
  std::int64_t doc_stride = 128;       // of the context, that neighbouring windows share
  std::int64_t max_query_length = 64;  // of a question; a longer one is cut behind its last word that fits

  // The same for a model that takes `most` tokens: where that is less than max_length, the stride and the
  // question are at most a quarter of it.
  WindowOptions within(std::int64_t most) const;
};

// Questions as a model reads them: the windows of all of them, end to end.
class EncodedQuestions {
 public:
  // Where the tokens of a window stand in the context, and which of them are the context's.
  struct Place {
    std::vector<text::Offsets> offsets;
    TokenRange context;
  };

  // Encodes one more question. Throws Error when it leaves no room for the context.
  void append(const text::Tokenizer& tokenizer, std::string_view question, std::string_view context,
              const WindowOptions& options);
  // The same with what has to be found: the answer, bytes of the context, or none. The target of a window
  // that does not hold it is the null answer, its first token.
  void append(const text::Tokenizer& tokenizer, std::string_view question, std::string_view context,
              const std::optional<text::Offsets>& answer, const WindowOptions& options);
  // Training needs no places, which take most of the memory.
  void forget_places() { places_ = {}; }

  std::size_t questions() const { return begins_.size() - 1; }
  std::size_t first_window(std::size_t question) const { return begins_[question]; }
  std::size_t end_window(std::size_t question) const { return begins_[question + 1]; }
  // One a window.
  const std::vector<TextInput>& inputs() const { return inputs_; }
  const std::vector<Place>& places() const { return places_; }
  const std::vector<AnswerTokens>& targets() const { return targets_; }  // none where none was given

 private:
  std::vector<TextInput> inputs_;
  std::vector<Place> places_;
  std::vector<AnswerTokens> targets_;
  std::vector<std::size_t> begins_ = {0};
};

// The questions of a file with their first answers. Throws Error, which begins with `name` and the question's
// id, for one that has neither an answer nor is said to be impossible, and as append().
EncodedQuestions encode_questions(const text::Tokenizer& tokenizer, const text::SquadData& data,
                                  const std::string& name, const WindowOptions& options);

// What a model says of each window: a logit a token, as WindowLogits.
struct SpanLogits {
  std::vector<std::vector<float>> start, end;
};

// In order; nothing when `stopped` said so.
std::optional<SpanLogits> span_logits(const models::QuestionAnswerer& model,
                                      std::span<const TextInput> windows, std::int64_t batch_size,
                                      const nn::Context& how, const std::function<bool()>& stopped = {});

// The answer to one of the questions, from the logits of all windows.
AnswerPrediction predict_answer(const EncodedQuestions& questions, std::size_t question,
                                std::string_view context, const SpanLogits& logits,
                                const AnswerOptions& options);

// The n best answers for somebody who reads them, the predicted one first: each span once, where windows that
// overlap found it twice, with its probability among these.
std::vector<Answer> distinct_answers(const AnswerPrediction& prediction);

struct ValidationQuestions {
  text::SquadData data;
  EncodedQuestions encoded;
};

struct QuestionAnsweringOptions {
  std::int64_t batch_size = 16;  // windows
  std::uint64_t seed = 0;
  AnswerOptions answers = {};  // may_be_impossible is as the validation data has it
};

class QuestionAnswering : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  QuestionAnswering(const models::QuestionAnswerer& model, EncodedQuestions train,
                    std::optional<ValidationQuestions> valid, const QuestionAnsweringOptions& options);

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::string_view unit() const override { return "windows"; }
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override;
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::QuestionAnswerer& model_;
  EncodedQuestions train_;
  std::optional<ValidationQuestions> valid_;
  QuestionAnsweringOptions options_;
  ExampleBatches batches_;
};

// What such logits are worth: the mean over the windows of the loss, exact match and F1 as the official
// scripts have them; with questions that are impossible, also those of the questions with and without an
// answer.
Evaluation evaluate_answers(const ValidationQuestions& truth, const SpanLogits& logits,
                            const AnswerOptions& options);

}  // namespace attune::tasks
