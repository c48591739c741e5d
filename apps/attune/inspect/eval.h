// What attune eval measures of each kind of model. Options that runs of training have, too, are theirs: the
// same words give the same numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/attune/input/pair_table.h"
#include "apps/attune/train/classification_run.h"
#include "apps/attune/train/masked_language_model_run.h"
#include "apps/attune/train/multiple_choice_run.h"
#include "apps/attune/train/question_answering_run.h"
#include "apps/attune/train/token_classification_run.h"
#include "apps/attune/use/translator.h"
#include "attune/tasks/task.h"

namespace attune::command {

struct ForecastEvalOptions {
  std::optional<std::int64_t> horizon;  // none: the model's
  bool rolling = false;                 // windows that follow each other, instead of every one
  std::string part, plot;
};

struct EvalOptions {
  std::string directory, dtype = "float32";
  std::vector<std::string> data;
  std::optional<std::int64_t> batch_size;  // none: as the kind of model has it
  bool json = false;

  std::string separator;  // language models: between documents
  std::int64_t stride = 0;

  TranslatorOptions translator;
  PairColumns pairs;
  bool tables = false, lowercase = false;

  ClassificationRun classification;
  TokenClassificationRun words;
  QuestionAnsweringRun questions;
  MultipleChoiceRun choices;
  MaskedLanguageModelRun masked;
  ForecastEvalOptions forecasts;
};

void evaluate_language_model(const EvalOptions& options);
void evaluate_encoder_decoder(const EvalOptions& options);
void evaluate_masked_language_model(const EvalOptions& options);
void evaluate_sequence_classifier(const EvalOptions& options);
void evaluate_token_classifier(const EvalOptions& options);
void evaluate_question_answerer(const EvalOptions& options);
void evaluate_multiple_choice(const EvalOptions& options);
void evaluate_forecaster(const EvalOptions& options);

// Prints what was found, and how many there were of what: "texts". Names are those of the log of a run.
void print_evaluation(const tasks::Evaluation& evaluation, const char* unit, std::int64_t count, bool json);

}  // namespace attune::command
