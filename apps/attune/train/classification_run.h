// A run of `attune train classification` or `regression`: from tables of texts and a pretrained model to a
// model directory with a head on it.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/input/text_table.h"
#include "apps/attune/train/encoder_choice.h"
#include "apps/attune/train/encoder_run.h"
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

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("regression", run.regression);
    visit("train", run.train);
    visit("valid", run.valid);
    visit("text", run.columns.text);
    visit("label", run.columns.label);
    visit("columns", run.columns.names);
    visit("multi_label", run.multi_label);
    visit("label_separator", run.label_separator);
    visit("label_columns", run.label_columns);
    visit("class_weights", run.class_weights);
    for_each_encoder_field(run.encoder, visit);
    visit("context", run.encoder.sizes.context);
    visit("max_length", run.max_length);
    visit("lm_weight", run.lm_weight);
    visit("symmetric", run.symmetric);
    visit("batch_size", run.batch_size);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_classification(const ClassificationRun& run, std::FILE* progress);

}  // namespace attune::command
