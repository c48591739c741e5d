// A run of `attune train question-answering`: from files of questions on texts and a pretrained encoder to a
// model directory that answers such questions.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/encoder_run.h"
#include "apps/attune/train_flags.h"
#include "attune/tasks/question_answering.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

struct QuestionAnsweringRun {
  std::string train, valid;  // JSON as SQuAD's, v1.1 or v2.0
  std::string model;         // directory of the encoder, with a head or without

  tasks::WindowOptions windows;
  std::int64_t n_best_size = 20, max_answer_length = 30;
  double null_score_diff_threshold = 0;

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;

  RunPlace place;
};

// --max-length, --doc-stride, --max-query-length.
void add_window_flags(CLI::App& verb, tasks::WindowOptions& windows);
// Throws UsageError naming the flag, also for what leaves no room in a window.
void validate(const tasks::WindowOptions& windows);

// --n-best-size, --max-answer-length and --null-score-diff-threshold of training and of evaluation.
void add_answer_flags(CLI::App& verb, QuestionAnsweringRun& run);
// Throws UsageError naming one of these flags or of the windows'.
void validate_answers(const QuestionAnsweringRun& run);
tasks::AnswerOptions answer_options(const QuestionAnsweringRun& run);

// The questions of a file. Errors name it and the question.
tasks::ValidationQuestions read_questions(const std::string& path, const text::Tokenizer& tokenizer,
                                          const tasks::WindowOptions& windows);

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const QuestionAnsweringRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, QuestionAnsweringRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_question_answering(const QuestionAnsweringRun& run, std::FILE* progress);

}  // namespace attune::command
