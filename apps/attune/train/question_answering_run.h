// A run of `attune train question-answering`: from files of questions on texts and a pretrained encoder to a
// model directory that answers such questions.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/encoder_run.h"
#include "apps/attune/train/train_flags.h"
#include "attune/tasks/question_answering/question_answering.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

struct QuestionAnsweringRun {
  std::string train, valid;  // JSON as SQuAD's, v1.1 or v2.0
  EncoderChoice encoder;

  tasks::WindowOptions windows;
  std::int64_t n_best_size = 20, max_answer_length = 30;
  double null_score_diff_threshold = 0;

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;

  RunPlace place;

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    for_each_encoder_field(run.encoder, visit);
    visit("context", run.encoder.sizes.context);
    visit("max_length", run.windows.max_length);
    visit("doc_stride", run.windows.doc_stride);
    visit("max_query_length", run.windows.max_query_length);
    visit("n_best_size", run.n_best_size);
    visit("max_answer_length", run.max_answer_length);
    visit("null_score_diff_threshold", run.null_score_diff_threshold);
    visit("batch_size", run.batch_size);
  }
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

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_question_answering(const QuestionAnsweringRun& run, std::FILE* progress);

}  // namespace attune::command
