// A run of `attune train token-classification`: from CoNLL files and a pretrained encoder to a model
// directory that labels words.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/encoder_run.h"

namespace attune::command {

struct TokenClassificationRun {
  // Data: CoNLL files, also .gz
  std::vector<std::string> train, valid;
  std::int64_t word_column = 1, label_column = 0;  // from 1; the label's 0: the last one

  EncoderChoice encoder;
  std::int64_t max_length = 0;  // most tokens of a sentence; 0: as many as the model takes

  train::TrainingOptions training = fine_tuning();
  std::int64_t batch_size = 16;

  RunPlace place;

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("word_column", run.word_column);
    visit("label_column", run.label_column);
    for_each_encoder_field(run.encoder, visit);
    visit("context", run.encoder.sizes.context);
    visit("max_length", run.max_length);
    visit("batch_size", run.batch_size);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_token_classification(const TokenClassificationRun& run, std::FILE* progress);

}  // namespace attune::command
