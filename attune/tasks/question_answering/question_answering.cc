#include "attune/tasks/question_answering/question_answering.h"

#include <algorithm>
#include <set>
#include <utility>

#include "attune/base/error.h"
#include "attune/ops/cast/cast.h"
#include "attune/tasks/metrics/classification.h"
#include "attune/tasks/metrics/squad.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0x9a5;

// Blanks before a question would take room (run_qa.py).
std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty()) {
    const text::CodePoint c = text::decode_code_point(text);
    if (!is_whitespace(c.value)) break;
    text.remove_prefix(c.length);
  }
  return text;
}

struct Question {
  std::string_view text;
  std::int64_t tokens = 0;
};

// The question, or as many of its words as have room; a single word is cut where it must be.
Question cut_question(const text::Tokenizer& tokenizer, std::string_view question,
                      std::int64_t max_query_length) {
  question = without_leading_blanks(question);
  const text::Encoding encoding = tokenizer.encode_single(question, {.add_special_tokens = false});
  const auto tokens = static_cast<std::int64_t>(encoding.size());
  if (tokens <= max_query_length) return {question, tokens};
  auto end = static_cast<std::size_t>(max_query_length);
  while (end > 0 && encoding.word_ids[end - 1] == encoding.word_ids[end]) --end;
  if (end == 0) end = static_cast<std::size_t>(max_query_length);
  return {question.substr(0, encoding.offsets[end - 1].end), static_cast<std::int64_t>(end)};
}

// Whether or not this context would fit: it should not depend on the data whether the options make sense.
void check_room(const text::Tokenizer& tokenizer, const Question& question, const WindowOptions& options) {
  const auto added = static_cast<std::int64_t>(tokenizer.added_special_tokens(/*pair=*/true));
  const std::int64_t room = options.max_length - added - question.tokens;
  check(room > options.doc_stride,
        "of the {} tokens of a window (--max-length) the question takes {} and the tokenizer's own {}, which "
        "leaves {} to the context, expected more than the {} that windows share (--doc-stride)",
        options.max_length, question.tokens, added, std::max<std::int64_t>(room, 0), options.doc_stride);
}

TokenRange context_of(const text::Encoding& window) {
  const auto& of = window.sequence_ids;
  const auto first = std::ranges::find(of, 1);
  const auto last = std::find(of.rbegin(), of.rend(), 1).base();
  const auto at = [&](auto place) { return static_cast<std::size_t>(place - of.begin()); };
  return first == of.end() ? TokenRange{of.size(), of.size()} : TokenRange{at(first), at(last)};
}

AnswerTokens target_of(const EncodedQuestions::Place& place, const std::optional<text::Offsets>& answer) {
  constexpr AnswerTokens null_answer{0, 0};
  if (!answer) return null_answer;
  return find_answer({place.offsets, place.context}, *answer).value_or(null_answer);
}

double mean_loss(const SpanLogits& logits, std::span<const AnswerTokens> targets) {
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    sum += cross_entropy(logits.start[i], static_cast<std::int64_t>(targets[i].first)) / 2;
    sum += cross_entropy(logits.end[i], static_cast<std::int64_t>(targets[i].last)) / 2;
  }
  return sum / static_cast<double>(targets.size());
}

// Of the windows that `which` names: (B) both.
struct SpanTargets {
  Tensor first, last;
};

SpanTargets make_targets(std::span<const AnswerTokens> targets, std::span<const std::uint32_t> which) {
  const Shape shape{static_cast<std::int64_t>(which.size())};
  const SpanTargets made{Tensor::empty(shape, DType::int64), Tensor::empty(shape, DType::int64)};
  auto* first = made.first.mutable_data<std::int64_t>();
  auto* last = made.last.mutable_data<std::int64_t>();
  for (const std::uint32_t i : which) {
    *first++ = static_cast<std::int64_t>(targets[i].first);
    *last++ = static_cast<std::int64_t>(targets[i].last);
  }
  return made;
}

}  // namespace

WindowOptions WindowOptions::within(std::int64_t most) const {
  if (max_length <= most) return *this;
  return {most, std::min(doc_stride, most / 4), std::min(max_query_length, most / 4)};
}

void EncodedQuestions::append(const text::Tokenizer& tokenizer, std::string_view question,
                              std::string_view context, const WindowOptions& options) {
  const Question asked = cut_question(tokenizer, question, options.max_query_length);
  check_room(tokenizer, asked, options);
  text::Encoding encoding = tokenizer.encode_pair(
      asked.text, context,
      {.truncation = text::Truncation{.max_length = static_cast<std::size_t>(options.max_length),
                                      .strategy = text::Truncation::Strategy::only_second,
                                      .stride = static_cast<std::size_t>(options.doc_stride)}});
  const auto take = [this](text::Encoding& window) {
    const TokenRange range = context_of(window);
    places_.push_back({std::move(window.offsets), range});
    inputs_.push_back({std::move(window.ids), std::move(window.type_ids)});
  };
  take(encoding);
  for (text::Encoding& window : encoding.overflowing) take(window);
  begins_.push_back(inputs_.size());
}

void EncodedQuestions::append(const text::Tokenizer& tokenizer, std::string_view question,
                              std::string_view context, const std::optional<text::Offsets>& answer,
                              const WindowOptions& options) {
  append(tokenizer, question, context, options);
  for (std::size_t window = targets_.size(); window < places_.size(); ++window)
    targets_.push_back(target_of(places_[window], answer));
}

EncodedQuestions encode_questions(const text::Tokenizer& tokenizer, const text::SquadData& data,
                                  const std::string& name, const WindowOptions& options) {
  EncodedQuestions encoded;
  for (const text::SquadQuestion& question : data.questions) {
    check(question.is_impossible || !question.answers.empty(),
          "{}: question {}: it has no answer, and is not said to be impossible (\"is_impossible\")", name,
          question.id);
    std::optional<text::Offsets> answer;
    if (!question.answers.empty()) answer = {question.answers[0].begin, question.answers[0].end()};
    try {
      encoded.append(tokenizer, question.text, data.context_of(question), answer, options);
    } catch (const Error& error) {
      fail("{}: question {}: {}", name, question.id, error.what());
    }
  }
  return encoded;
}

std::optional<SpanLogits> span_logits(const models::QuestionAnswerer& model,
                                      std::span<const TextInput> windows, std::int64_t batch_size,
                                      const nn::Context& how, const std::function<bool()>& stopped) {
  SpanLogits all{.start = std::vector<std::vector<float>>(windows.size()),
                 .end = std::vector<std::vector<float>>(windows.size())};
  const auto score = [&](std::span<const std::uint32_t> which) {
    const auto logits = model.logits(make_text_batch(windows, which, model.facts()), how);  // (B, T) both
    const auto start = ops::cast(logits.start, DType::float32).to_vector<float>();
    const auto end = ops::cast(logits.end, DType::float32).to_vector<float>();
    const auto width = static_cast<std::ptrdiff_t>(logits.start.dim(1));
    for (std::size_t row = 0; row < which.size(); ++row) {
      const auto at = static_cast<std::ptrdiff_t>(row) * width;
      const auto tokens = static_cast<std::ptrdiff_t>(windows[which[row]].ids.size());
      all.start[which[row]].assign(start.begin() + at, start.begin() + at + tokens);
      all.end[which[row]].assign(end.begin() + at, end.begin() + at + tokens);
    }
  };
  if (!for_each_by_length(lengths_of(windows), batch_size, score, stopped)) return std::nullopt;
  return all;
}

AnswerPrediction predict_answer(const EncodedQuestions& questions, std::size_t question,
                                std::string_view context, const SpanLogits& logits,
                                const AnswerOptions& options) {
  std::vector<WindowLogits> windows;
  for (std::size_t i = questions.first_window(question); i < questions.end_window(question); ++i) {
    const auto& [offsets, range] = questions.places()[i];
    windows.push_back({.window = {offsets, range}, .start = logits.start[i], .end = logits.end[i]});
  }
  return decode_answer(context, windows, options);
}

std::vector<Answer> distinct_answers(const AnswerPrediction& prediction) {
  std::vector<Answer> answers;
  std::set<std::pair<std::size_t, std::size_t>> seen;
  double sum = 0;
  for (const Answer& answer : prediction.n_best) {
    if (!seen.insert({answer.where.begin, answer.where.end}).second) continue;
    sum += answer.probability;
    answers.push_back(answer);
  }
  for (Answer& answer : answers) answer.probability /= sum;
  // The null answer's threshold has the last word.
  const auto chosen = std::ranges::find(answers, prediction.text, &Answer::text);
  if (chosen != answers.end()) std::rotate(answers.begin(), chosen, chosen + 1);
  return answers;
}

QuestionAnswering::QuestionAnswering(const models::QuestionAnswerer& model, EncodedQuestions train,
                                     std::optional<ValidationQuestions> valid,
                                     const QuestionAnsweringOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      batches_(lengths_of(train_.inputs()), options.batch_size, fold_in(options.seed, batch_stream)) {
  train_.forget_places();
  if (valid_) options_.answers.may_be_impossible = valid_->data.has_impossible();
}

MicroBatchLoss QuestionAnswering::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto windows = batches_.batch(which);
  const auto [first, last] = make_targets(train_.targets(), windows);
  return {model_.loss(make_text_batch(train_.inputs(), windows, model_.facts()), first, last, context),
          static_cast<double>(windows.size())};
}

std::vector<std::string> QuestionAnswering::metric_names() const {
  std::vector<std::string> names = {"exact_match", "f1"};
  if (options_.answers.may_be_impossible) names.insert(names.end(), {"has_answer_f1", "no_answer_f1"});
  return names;
}

std::optional<Evaluation> QuestionAnswering::evaluate(const nn::Context& context,
                                                      const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation questions");
  const auto logits = span_logits(model_, valid_->encoded.inputs(), options_.batch_size, context, stopped);
  if (!logits) return std::nullopt;
  return evaluate_answers(*valid_, *logits, options_.answers);
}

Evaluation evaluate_answers(const ValidationQuestions& truth, const SpanLogits& logits,
                            const AnswerOptions& options) {
  std::vector<std::string> predictions;
  std::vector<Answers> references;
  for (std::size_t i = 0; i < truth.data.questions.size(); ++i) {
    const text::SquadQuestion& question = truth.data.questions[i];
    predictions.push_back(
        predict_answer(truth.encoded, i, truth.data.context_of(question), logits, options).text);
    references.emplace_back();
    for (const text::SquadAnswer& answer : question.answers) references.back().push_back(answer.text);
  }
  const double loss = mean_loss(logits, truth.encoded.targets());
  if (!truth.data.has_impossible()) {
    const AnswerScores scores = squad_v1_scores(predictions, references);
    return {loss, {{"exact_match", scores.exact_match}, {"f1", scores.f1}}};
  }
  const SquadV2Scores scores = squad_v2_scores(predictions, references);
  return {loss,
          {{"exact_match", scores.exact_match},
           {"f1", scores.f1},
           {"has_answer_f1", scores.with_answer.f1},
           {"no_answer_f1", scores.without_answer.f1}}};
}

}  // namespace attune::tasks
