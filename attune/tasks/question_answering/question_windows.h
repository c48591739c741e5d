// Extractive question answering: contexts longer than the model takes are read in windows that overlap, and
// the answer is a span of tokens: Devlin et al. (BERT, 2019), section 4.2; Hugging Face's run_qa.py.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/unicode/offsets.h"

namespace attune::tasks {

// Tokens [begin, end).
struct TokenRange {
  std::size_t begin = 0, end = 0;
  bool operator==(const TokenRange&) const = default;
};

// Windows over the tokens of a context: `room` tokens each, of which neighbours share `stride` (document
// stride; not the step between them). One window for a context that fits, the last one ends with the context.
// Throws UsageError for a stride that is not below the room.
std::vector<TokenRange> cut_windows(std::size_t context_tokens, std::size_t room, std::size_t stride);

// A window as the model reads it: where each of its tokens stands in its text, and which are of the context.
struct QuestionWindow {
  std::span<const text::Offsets> offsets;
  TokenRange context;
};

// First and last token of an answer.
struct AnswerTokens {
  std::size_t first = 0, last = 0;
  bool operator==(const AnswerTokens&) const = default;
};

// The tokens of the window that an answer, bytes [begin, end) of the context, begins and ends in; none when
// the window does not hold all of it (its target is then the null answer, the first token). As run_qa.py, but
// for an answer that begins in the window's last token: there, the script runs on over the tokens behind the
// context.
std::optional<AnswerTokens> find_answer(const QuestionWindow& window, const text::Offsets& answer);

// What the model says of a window: a logit a token for where the answer begins, and where it ends. Without
// padding.
struct WindowLogits {
  QuestionWindow window;
  std::span<const float> start, end;
  std::size_t null_token = 0;  // That stands for "no answer".
};

struct AnswerOptions {
  std::size_t n_best = 20;
  std::size_t max_answer_length = 30;  // In tokens.
  bool may_be_impossible = false;      // As in SQuAD v2.0.
  float null_score_diff_threshold =
      0;  // The null answer is taken where its score is better by more than that.
};

struct Answer {
  std::string text;  // Empty: no answer.
  text::Offsets where;
  float start_logit = 0, end_logit = 0;
  double probability = 0;  // Among the n best.

  float score() const { return start_logit + end_logit; }
};

struct AnswerPrediction {
  std::string text;
  std::vector<Answer> n_best;  // By falling score.
  // The null answer's score less that of the best other one, where questions may be impossible and there is
  // one.
  std::optional<float> null_score_difference;
};

// The answer to a question from all windows of its context: Hugging Face's postprocess_qa_predictions().
// Spans are pairs among the `n_best` best starts and ends of each window, both in the context, in order and
// not longer than `max_answer_length`. Where there is none, the answer is empty (the script answers "empty").
// Of equal scores, the earlier one is better. Throws Error for logits that are not finite or not one a token.
AnswerPrediction decode_answer(std::string_view context, std::span<const WindowLogits> windows,
                               const AnswerOptions& options = {});

}  // namespace attune::tasks
