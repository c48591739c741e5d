// A run of `attune train classification` or `regression`: from tables of texts and a pretrained encoder to a
// model directory with a head on it.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/fine_tuning.h"
#include "apps/attune/text_table.h"
#include "apps/attune/train_flags.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

struct ClassificationRun {
  bool regression = false;  // numbers instead of labels; the verb says which

  // Data: tables, by the ending of their names .csv, .tsv or .jsonl, also .gz
  std::vector<std::string> train, valid;
  TextColumns columns;

  std::string model;            // directory of the encoder, with a head or without
  std::int64_t max_length = 0;  // most tokens of a text or a pair; 0: as many as the model takes

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
