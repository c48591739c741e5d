#include "apps/attune/train/question_answering_run.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "attune/io/message.h"
#include "attune/models/text/heads.h"
#include "attune/text/corpora/squad.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

void validate_run(const QuestionAnsweringRun& run) {
  validate_encoder_run(!run.train.empty(), run.encoder, run.windows.max_length, run.batch_size, run.place);
  validate_answers(run);
}

// Contexts and questions, for learning a tokenizer.
std::vector<std::string> texts_of(const std::string& path) {
  text::SquadData data = text::read_squad(path);
  std::vector<std::string> texts = std::move(data.contexts);
  for (text::SquadQuestion& question : data.questions) texts.push_back(std::move(question.text));
  return texts;
}

void tell(std::FILE* progress, const models::QuestionAnswerer& model, const text::SquadData& data,
          std::size_t count, const tasks::WindowOptions& windows, std::int64_t micro_batches) {
  if (progress == nullptr) return;
  const auto impossible = std::ranges::count_if(data.questions, &text::SquadQuestion::is_impossible);
  io::print_message(
      progress,
      "{} questions{} on {} contexts: {} windows of at most {} tokens, of which neighbours share {}\n",
      data.questions.size(), impossible > 0 ? fmt::format(", {} of them without an answer,", impossible) : "",
      data.contexts.size(), count, windows.max_length, windows.doc_stride);
  if (impossible > 0)
    io::print_message(progress, "to be used with attune answer --handle-impossible-answer\n");
  io::print_message(progress, "{} parameters, {} micro-batches an epoch\n", model.parameters().count(),
                    micro_batches);
}

}  // namespace

void add_window_flags(CLI::App& verb, tasks::WindowOptions& windows) {
  add_value(verb, "Windows", "--max-length", windows.max_length,
            "Tokens of a window: the question and a part of the context; at most as many as the model takes");
  add_value(verb, "Windows", "--doc-stride", windows.doc_stride,
            "Tokens of the context that neighbouring windows share");
  add_value(verb, "Windows", "--max-query-length", windows.max_query_length,
            "Most tokens of a question, longer ones are cut");
}

void add_answer_flags(CLI::App& verb, QuestionAnsweringRun& run) {
  add_value(verb, "Answers", "--max-answer-length", run.max_answer_length, "Most tokens of an answer");
  add_value(verb, "Answers", "--n-best-size", run.n_best_size,
            "Most likely starts, and ends, of a window that answers are made of");
  add_value(verb, "Answers", "--null-score-diff-threshold", run.null_score_diff_threshold,
            "Of data with questions that have no answer: none is given where its score is better by more");
}

void validate(const tasks::WindowOptions& windows) {
  expect_positive("--max-length", windows.max_length);
  expect_positive("--max-query-length", windows.max_query_length);
  if (windows.doc_stride < 0 || windows.doc_stride >= windows.max_length)
    fail_usage("--doc-stride is {}, expected 0 or more and less than --max-length, {}", windows.doc_stride,
               windows.max_length);
}

void validate_answers(const QuestionAnsweringRun& run) {
  validate(run.windows);
  expect_positive("--n-best-size", run.n_best_size);
  expect_positive("--max-answer-length", run.max_answer_length);
  if (!std::isfinite(run.null_score_diff_threshold))
    fail_usage("--null-score-diff-threshold is {}, expected a number", run.null_score_diff_threshold);
}

tasks::AnswerOptions answer_options(const QuestionAnsweringRun& run) {
  return {.n_best = static_cast<std::size_t>(run.n_best_size),
          .max_answer_length = static_cast<std::size_t>(run.max_answer_length),
          .null_score_diff_threshold = static_cast<float>(run.null_score_diff_threshold)};
}

tasks::ValidationQuestions read_questions(const std::string& path, const text::Tokenizer& tokenizer,
                                          const tasks::WindowOptions& windows) {
  text::SquadData data = text::read_squad(path);
  tasks::EncodedQuestions encoded = tasks::encode_questions(tokenizer, data, path, windows);
  return {std::move(data), std::move(encoded)};
}

train::TrainingResult train_question_answering(const QuestionAnsweringRun& run, std::FILE* progress) {
  validate_run(run);
  train::RunDirectory directory = open_directory(run);

  const auto checkpoint = directory.checkpoint();
  const auto tokenizer =
      checkpoint ? text::load_tokenizer(checkpoint->path)
                 : encoder_tokenizer(run.encoder, one_by_one([&] { return texts_of(run.train); }));
  // Two logits a token, whatever labels another head of the directory had.
  const auto [model, fresh] = start_encoder<models::QuestionAnswerer>(
      run.encoder, run.training.seed, checkpoint, *tokenizer, [] { return models::TextLabels{}; });
  expect_vocabulary(*tokenizer, model->facts(), run.encoder.model);

  const tasks::WindowOptions windows = run.windows.within(model->facts().max_length);
  tasks::ValidationQuestions train = read_questions(run.train, *tokenizer, windows);
  std::optional<tasks::ValidationQuestions> valid;
  if (!run.valid.empty()) valid = read_questions(run.valid, *tokenizer, windows);
  const std::size_t train_windows = train.encoded.inputs().size();
  tasks::QuestionAnswering task(
      *model, std::move(train.encoded), std::move(valid),
      {.batch_size = run.batch_size, .seed = run.training.seed, .answers = answer_options(run)});
  tell(progress, *model, train.data, train_windows, windows, task.micro_batches_per_epoch());
  tell_fresh(progress, fresh);
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
