// A run of `attune train translation`: from parallel text and options to a trained model directory.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/train_flags.h"
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
};

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const TranslationRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, TranslationRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_translation(const TranslationRun& run, std::FILE* progress);

}  // namespace attune::command
