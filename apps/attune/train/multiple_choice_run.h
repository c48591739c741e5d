// A run of `attune train multiple-choice`: from tables of questions with answers to choose from and a
// pretrained model to a model directory that chooses.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/input/choice_columns.h"
#include "apps/attune/train/classification_run.h"

namespace attune::command {

struct MultipleChoiceRun {
  // Data: tables, by the ending of their names .csv, .tsv or .jsonl, also .gz
  std::vector<std::string> train, valid;
  ChoiceColumns columns{.context = {}, .question = {}, .choices = {}, .label = "label", .names = {}};

  EncoderChoice encoder;        // takes max_length tokens where it is new, or 128
  std::int64_t max_length = 0;  // most tokens of a question with a choice; 0: as many as the model takes
  double lm_weight = -1;        // as ClassificationRun::lm_weight

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;  // questions

  RunPlace place;

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("context", run.columns.context);
    visit("question", run.columns.question);
    visit("choices", run.columns.choices);
    visit("label", run.columns.label);
    visit("columns", run.columns.names);
    for_each_encoder_field(run.encoder, visit);
    visit("max_length", run.max_length);
    visit("lm_weight", run.lm_weight);
    visit("batch_size", run.batch_size);
  }
};

// The questions of tables. Throws UsageError for a --max-length that leaves no token of the texts.
tasks::ChoiceInputs encode(const MultipleChoiceRun& run, const std::vector<std::string>& paths,
                           const text::Tokenizer& tokenizer, const models::TextFacts& facts);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_multiple_choice(const MultipleChoiceRun& run, std::FILE* progress);

}  // namespace attune::command
