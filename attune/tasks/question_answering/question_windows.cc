#include "attune/tasks/question_answering/question_windows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

void check_logits(const WindowLogits& window) {
  const std::size_t tokens = window.window.offsets.size();
  const TokenRange context = window.window.context;
  check(window.start.size() == tokens && window.end.size() == tokens,
        "a window of {} tokens has {} start and {} end logits, expected one a token", tokens,
        window.start.size(), window.end.size());
  check(context.begin <= context.end && context.end <= tokens && window.null_token < tokens,
        "a window of {} tokens with tokens {} to {} of the context and null token {}", tokens, context.begin,
        context.end, window.null_token);
  const auto finite = [](float logit) { return std::isfinite(logit); };
  check(std::all_of(window.start.begin(), window.start.end(), finite) &&
            std::all_of(window.end.begin(), window.end.end(), finite),
        "the model's logits are not finite: its weights are damaged, or it was trained at too high a rate");
}

// The `count` tokens with the highest logits, highest first.
std::vector<std::size_t> best_tokens(std::span<const float> logits, std::size_t count) {
  std::vector<std::size_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), std::size_t{0});
  count = std::min(count, tokens.size());
  std::partial_sort(
      tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count), tokens.end(),
      [&](std::size_t a, std::size_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
  tokens.resize(count);
  return tokens;
}

void append_spans(const WindowLogits& window, const AnswerOptions& options, std::vector<Answer>& spans) {
  const auto& [offsets, context] = window.window;
  const std::vector<std::size_t> ends = best_tokens(window.end, options.n_best);
  const auto in_context = [&](std::size_t token) { return token >= context.begin && token < context.end; };
  for (const std::size_t first : best_tokens(window.start, options.n_best)) {
    for (const std::size_t last : ends) {
      if (!in_context(first) || !in_context(last)) continue;
      if (last < first || last - first + 1 > options.max_answer_length) continue;
      spans.push_back({.text = {},
                       .where = {offsets[first].begin, offsets[last].end},
                       .start_logit = window.start[first],
                       .end_logit = window.end[last]});
    }
  }
}

// Of all windows the worst null answer: what one of them holds an answer to is not impossible.
Answer null_answer(std::span<const WindowLogits> windows) {
  Answer lowest;
  bool first = true;
  for (const WindowLogits& window : windows) {
    Answer null;
    null.start_logit = window.start[window.null_token];
    null.end_logit = window.end[window.null_token];
    if (first || null.score() < lowest.score()) lowest = null;
    first = false;
  }
  return lowest;
}

void keep_best(std::vector<Answer>& spans, const AnswerOptions& options,
               std::span<const WindowLogits> windows) {
  const auto is_better = [](const Answer& a, const Answer& b) { return a.score() > b.score(); };
  const auto is_null = [](const Answer& span) { return span.where == text::Offsets{}; };
  std::stable_sort(spans.begin(), spans.end(), is_better);
  if (spans.size() > options.n_best) spans.resize(options.n_best);
  if (options.may_be_impossible && std::none_of(spans.begin(), spans.end(), is_null))
    spans.push_back(null_answer(windows));
}

void set_probabilities(std::vector<Answer>& spans) {
  if (spans.empty()) return;
  const float best = spans[0].score();  // The null answer may come last, but only as it is worse.
  double sum = 0;
  for (Answer& span : spans) sum += span.probability = std::exp(static_cast<double>(span.score() - best));
  for (Answer& span : spans) span.probability /= sum;
}

}  // namespace

std::vector<TokenRange> cut_windows(std::size_t context_tokens, std::size_t room, std::size_t stride) {
  if (stride >= room)
    fail_usage("windows have room for {} tokens of the context, expected more than the stride, {}", room,
               stride);
  std::vector<TokenRange> windows;
  for (std::size_t begin = 0;; begin += room - stride) {
    const std::size_t end = std::min(begin + room, context_tokens);
    windows.push_back({begin, end});
    if (end == context_tokens) return windows;
  }
}

std::optional<AnswerTokens> find_answer(const QuestionWindow& window, const text::Offsets& answer) {
  const auto [begin, end] = window.context;
  const auto& offsets = window.offsets;
  if (begin == end || offsets[begin].begin > answer.begin || offsets[end - 1].end < answer.end)
    return std::nullopt;
  std::size_t first = begin, last = end - 1;
  while (first + 1 < end && offsets[first + 1].begin <= answer.begin) ++first;
  while (last > begin && offsets[last - 1].end >= answer.end) --last;
  return AnswerTokens{first, last};
}

AnswerPrediction decode_answer(std::string_view context, std::span<const WindowLogits> windows,
                               const AnswerOptions& options) {
  check(!windows.empty(), "no window to find an answer in");
  AnswerPrediction prediction;
  std::vector<Answer>& spans = prediction.n_best;
  for (const WindowLogits& window : windows) {
    check_logits(window);
    append_spans(window, options, spans);
  }
  if (options.may_be_impossible) spans.push_back(null_answer(windows));
  keep_best(spans, options, windows);
  for (Answer& span : spans) {
    check(span.where.begin <= span.where.end && span.where.end <= context.size(),
          "tokens of an answer stand at bytes {} to {} of a context of {}", span.where.begin, span.where.end,
          context.size());
    span.text = context.substr(span.where.begin, span.where.end - span.where.begin);
  }
  set_probabilities(spans);
  const auto best =
      std::find_if(spans.begin(), spans.end(), [](const Answer& span) { return !span.text.empty(); });
  if (best == spans.end()) return prediction;
  prediction.text = best->text;
  if (!options.may_be_impossible) {
    prediction.text = spans[0].text;
    return prediction;
  }
  const float difference = null_answer(windows).score() - best->start_logit - best->end_logit;
  prediction.null_score_difference = difference;
  if (difference > options.null_score_diff_threshold) prediction.text.clear();
  return prediction;
}

}  // namespace attune::tasks
