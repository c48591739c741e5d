// A run of `attune train text2text`: from tables of pairs of texts and a pretrained encoder-decoder, or a new
// T5, to a model directory.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/input/pair_table.h"
#include "apps/attune/train/train_flags.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

// With AdamW, T5 wants a higher rate than BERT.
inline train::TrainingOptions text_to_text_training() {
  train::TrainingOptions training;
  training.learning_rate = 3e-4;
  training.lr_scheduler_type = train::ScheduleKind::linear;
  training.num_train_epochs = 3;
  return training;
}

struct TextToTextRun {
  // Data: tables, FILE or FILE=PREFIX
  std::vector<std::string> train, valid;
  PairColumns columns;
  std::string tokenizer = "bpe:8000";  // of a new model

  // Model
  std::string model;  // a directory, or a family to start anew
  std::int64_t layers = 4, heads = 4, width = 128;
  std::int64_t feed_forward = 0;  // 0: four times the width
  double dropout = 0.1;
  std::int64_t max_source_length = 512, max_target_length = 128;  // tokens; longer ones are cut

  // Training
  train::TrainingOptions training = text_to_text_training();
  std::int64_t batch_size = 16;
  double label_smoothing = 0;
  std::int64_t eval_examples = 0;  // how many texts of a task an evaluation writes; 0: all
  bool bleu = false;               // BLEU and chrF of them

  RunPlace place;

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("source", run.columns.source);
    visit("target", run.columns.target);
    visit("prefix", run.columns.prefix);
    visit("prefix_column", run.columns.prefix_column);
    visit("columns", run.columns.names);
    visit("tokenizer", run.tokenizer);
    visit("model", run.model);
    visit("layers", run.layers);
    visit("heads", run.heads);
    visit("width", run.width);
    visit("feed_forward", run.feed_forward);
    visit("dropout", run.dropout);
    visit("max_source_length", run.max_source_length);
    visit("max_target_length", run.max_target_length);
    visit("batch_size", run.batch_size);
    visit("label_smoothing", run.label_smoothing);
    visit("eval_examples", run.eval_examples);
    visit("bleu", run.bleu);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_text_to_text(const TextToTextRun& run, std::FILE* progress);

}  // namespace attune::command
