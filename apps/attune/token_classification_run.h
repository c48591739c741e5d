// A run of `attune train token-classification`: from CoNLL files and a pretrained encoder to a model
// directory that labels words.
#pragma once

#include <cstdint>
#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/encoder_run.h"

namespace attune::command {

struct TokenClassificationRun {
  // Data: CoNLL files, also .gz
  std::vector<std::string> train, valid;
  std::int64_t word_column = 1, label_column = 0;  // from 1; the label's 0: the last one

  std::string model;            // directory of the encoder, with a head or without
  std::int64_t max_length = 0;  // most tokens of a sentence; 0: as many as the model takes

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;

  RunPlace place;
};

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const TokenClassificationRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, TokenClassificationRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_token_classification(const TokenClassificationRun& run, std::FILE* progress);

}  // namespace attune::command
