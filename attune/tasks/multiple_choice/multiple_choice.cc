#include "attune/tasks/multiple_choice/multiple_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/ops/cast/cast.h"
#include "attune/tasks/metrics/classification.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0xc401ce;

// Of each question, the tokens of its longest choice.
std::vector<std::int64_t> question_lengths(const ChoiceInputs& questions) {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < questions.inputs.size(); i += questions.choices) {
    const auto all = lengths_of(std::span(questions.inputs).subspan(i, questions.choices));
    lengths.push_back(*std::ranges::max_element(all));
  }
  return lengths;
}

// A batch (B C, T) of the questions that `which` names.
models::TextBatch make_choice_batch(const ChoiceInputs& questions, std::span<const std::uint32_t> which,
                                    const models::TextFacts& facts) {
  std::vector<std::uint32_t> texts;
  for (const std::uint32_t question : which) {
    for (std::size_t choice = 0; choice < questions.choices; ++choice)
      texts.push_back(static_cast<std::uint32_t>(question * questions.choices + choice));
  }
  return make_text_batch(questions.inputs, texts, facts);
}

}  // namespace

std::vector<ChoiceQuestion> questions_of(const MultipleChoiceRows& rows) {
  std::vector<ChoiceQuestion> questions;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    questions.push_back({std::string(rows.context(row)), std::string(rows.question(row)), {}});
    for (std::size_t i = 0; i < rows.endings(); ++i)
      questions.back().choices.emplace_back(rows.choice(row, i));
  }
  return questions;
}

std::vector<TextInput> encode_choices(const text::Tokenizer& tokenizer, const ChoiceQuestion& question,
                                      std::int64_t max_length, const models::TextFacts& facts) {
  const auto joined = [](const std::string& a, const std::string& b) {
    return a.empty() || b.empty() ? a + b : fmt::format("{} {}", a, b);
  };
  std::vector<TextInput> inputs;
  for (const std::string& choice : question.choices) {
    const std::string first = facts.causal ? joined(question.context, question.question) : question.context,
                      second = facts.causal ? choice : joined(question.question, choice);
    const std::string_view behind = second;
    inputs.push_back(encode_input(tokenizer, first, &behind, max_length, facts.input_format));
  }
  return inputs;
}

MultipleChoice::MultipleChoice(const models::MultipleChoiceModel& model, ChoiceInputs train,
                               std::optional<ChoiceInputs> valid, const MultipleChoiceOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      batches_(question_lengths(train_), options.batch_size, fold_in(options.seed, batch_stream)) {}

MicroBatchLoss MultipleChoice::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto questions = batches_.batch(which);
  std::vector<std::int64_t> labels;
  for (const std::uint32_t question : questions) labels.push_back(train_.labels[question]);
  return {model_.loss(make_choice_batch(train_, questions, model_.facts()),
                      static_cast<std::int64_t>(train_.choices), Tensor::from(labels, {std::ssize(labels)}),
                      options_.lm_weight, context),
          static_cast<double>(questions.size())};
}

std::optional<Evaluation> MultipleChoice::evaluate(const nn::Context& context,
                                                   const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation questions");
  const auto scores = choice_scores(model_, *valid_, options_.batch_size, context, stopped);
  if (!scores) return std::nullopt;
  return evaluate_choices(*scores, *valid_);
}

Evaluation evaluate_choices(std::span<const float> scores, const ChoiceInputs& truth) {
  std::vector<std::int64_t> predictions;
  double loss = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto row = scores.subspan(i * truth.choices, truth.choices);  // (C)
    predictions.push_back(std::ranges::max_element(row) - row.begin());
    loss += cross_entropy(row, truth.labels[i]);
  }
  return {loss / static_cast<double>(truth.size()), {{"accuracy", accuracy(predictions, truth.labels)}}};
}

std::optional<std::vector<float>> choice_scores(const models::MultipleChoiceModel& model,
                                                const ChoiceInputs& questions, std::int64_t batch_size,
                                                const nn::Context& how,
                                                const std::function<bool()>& stopped) {
  std::vector<float> scores(questions.inputs.size());
  const auto score = [&](std::span<const std::uint32_t> which) {
    const Tensor logits = model.logits(make_choice_batch(questions, which, model.facts()),
                                       static_cast<std::int64_t>(questions.choices), how);  // (B, C)
    put_rows(ops::cast(logits, DType::float32).to_vector<float>(), which, scores);
  };
  if (!for_each_by_length(question_lengths(questions), batch_size, score, stopped)) return std::nullopt;
  return scores;
}

}  // namespace attune::tasks
