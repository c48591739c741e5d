// How likely a model finds given answers to a prompt: zero- and few-shot classification and multiple choice
// (Radford et al., 2019; Brown et al., 2005.14165, section 2.4).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/causal_language_model.h"
#include "attune/models/sequence_to_sequence_model.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct PromptAndAnswers {
  std::string prompt;
  std::vector<std::string> answers;  // one or more
};

struct AnswerScore {
  double log_likelihood =
      0;                    // the sum over the answer's tokens of log p(token | prompt, tokens before), nats
  std::int64_t tokens = 0;  // of the answer
  std::int64_t bytes = 0;   // of its text
};

enum class AnswerNormalization { none, token, byte };
// Throws UsageError for other than token, byte and none.
AnswerNormalization parse_answer_normalization(std::string_view name);

// The log-likelihood, all of it or a token's or a byte's share.
double normalized(const AnswerScore& score, AnswerNormalization by);
// The answers' indices, the likeliest first; equal ones in their order.
std::vector<std::size_t> ranked(std::span<const AnswerScore> scores, AnswerNormalization by);

class AnswerScorer {
 public:
  virtual ~AnswerScorer() = default;

  // Scores of every answer to every prompt, `batch_size` prompts at once. What a model computes of a prompt
  // is shared by its answers, and of causal models what prompts begin with alike, as the examples of few-shot
  // ones, is computed once. Throws Error for answers that have no tokens or leave no room for the prompt.
  virtual std::vector<std::vector<AnswerScore>> score(std::span<const PromptAndAnswers> requests,
                                                      std::int64_t batch_size) = 0;

  // Prompts that were too long so far, and of which the beginning was cut off.
  std::int64_t cut_prompts() const { return cut_prompts_; }

 protected:
  std::int64_t cut_prompts_ = 0;
};

// An answer continues the prompt, with a blank between them where neither has one. A prompt of no tokens is
// the token that begins or ends a text. The model and the tokenizer must outlive the scorer.
std::unique_ptr<AnswerScorer> make_answer_scorer(const models::CausalLanguageModel& model,
                                                 const text::Tokenizer& tokenizer);
// The prompt is the source, an answer with the end of the text is the target.
std::unique_ptr<AnswerScorer> make_answer_scorer(const models::SequenceToSequenceModel& model,
                                                 const text::Tokenizer& tokenizer);

// The answer that a table's label means: its text, its number from 0, or its letter from A (or a). Nothing
// for another.
std::optional<std::size_t> answer_of_label(std::string_view label, std::span<const std::string> answers);

}  // namespace attune::tasks
