// A run of `attune train classification` or `regression`: from tables of texts and a pretrained model to a
// model directory with a head on it.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/encoder_choice.h"
#include "apps/attune/encoder_run.h"
#include "apps/attune/text_table.h"
#include "attune/train/trainer.h"

namespace attune::command {

struct ClassificationRun {
  bool regression = false;  // numbers instead of labels; the verb says which

  // Data: tables, by the ending of their names .csv, .tsv or .jsonl, also .gz
  std::vector<std::string> train, valid;
  TextColumns columns;

  // Several labels of a text at once: in a cell with this between them, or a column of 0 and 1 for each.
  bool multi_label = false;
  std::string label_separator = ",";
  std::vector<std::string> label_columns;
  std::string class_weights;  // empty, "balanced" or LABEL=WEIGHT,...

  EncoderChoice encoder;
  std::int64_t max_length = 0;  // most tokens of a text or a pair; 0: as many as the model takes

  // Of the auxiliary language-model loss; below zero: the family's own, 0.5 for GPT and GPT-2 (Radford et
  // al., 2018, section 4.1), 0 for those that read both ways.
  double lm_weight = -1;
  bool symmetric = false;  // a pair has no order

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;

  RunPlace place;
};

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const ClassificationRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, ClassificationRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_classification(const ClassificationRun& run, std::FILE* progress);

}  // namespace attune::command
