// A run of `attune train translation`: from parallel text and options to a trained model directory.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/train_flags.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

// The optimizer and schedule of 1706.03762, section 5.3.
inline train::TrainingOptions translation_training() {
  train::TrainingOptions training;
  training.learning_rate = 7e-4;
  training.lr_scheduler_type = train::ScheduleKind::inverse_sqrt;
  training.warmup_steps = 1000;
  training.adam_beta2 = 0.98;
  training.adam_epsilon = 1e-9;
  return training;
}

struct TranslationRun {
  // Data: SOURCE TARGET, or one file with both in columns
  std::vector<std::string> train, valid;
  std::string tokenizer = "bpe:8000";

  // Model
  std::string model;        // a directory to continue from; empty: a new Transformer of these sizes
  std::int64_t layers = 3;  // of the encoder, and of the decoder
  std::int64_t heads = 8, width = 256;
  std::int64_t feed_forward = 0;  // 0: four times the width
  std::int64_t context = 512;     // the most tokens of a sentence
  double dropout = 0.1;

  // Training
  train::TrainingOptions training = translation_training();
  std::int64_t batch_tokens = 4096;
  double label_smoothing = 0.1;
  std::int64_t average_checkpoints = 0;  // the model is the mean of the last so many; 0: the best evaluated

  RunPlace place;

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("tokenizer", run.tokenizer);
    visit("model", run.model);
    visit("layers", run.layers);
    visit("heads", run.heads);
    visit("width", run.width);
    visit("feed_forward", run.feed_forward);
    visit("context", run.context);
    visit("dropout", run.dropout);
    visit("batch_tokens", run.batch_tokens);
    visit("label_smoothing", run.label_smoothing);
    visit("average_checkpoints", run.average_checkpoints);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_translation(const TranslationRun& run, std::FILE* progress);

}  // namespace attune::command
