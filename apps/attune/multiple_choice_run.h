// A run of `attune train multiple-choice`: from tables of questions with answers to choose from and a
// pretrained model to a model directory that chooses.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/choice_columns.h"
#include "apps/attune/classification_run.h"

namespace attune::command {

struct MultipleChoiceRun {
  // Data: tables, by the ending of their names .csv, .tsv or .jsonl, also .gz
  std::vector<std::string> train, valid;
  ChoiceColumns columns{.context = {}, .question = {}, .choices = {}, .label = "label", .names = {}};

  std::string model;            // directory of a pretrained model, with a head or without
  std::int64_t max_length = 0;  // most tokens of a question with a choice; 0: as many as the model takes
  double lm_weight = -1;        // as ClassificationRun::lm_weight

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;  // questions

  RunPlace place;
};

// The questions of tables. Throws UsageError for a --max-length that leaves no token of the texts.
tasks::ChoiceInputs encode(const MultipleChoiceRun& run, const std::vector<std::string>& paths,
                           const text::Tokenizer& tokenizer, const models::TextFacts& facts);

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const MultipleChoiceRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, MultipleChoiceRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_multiple_choice(const MultipleChoiceRun& run, std::FILE* progress);

}  // namespace attune::command
