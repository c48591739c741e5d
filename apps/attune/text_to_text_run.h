// A run of `attune train text2text`: from tables of pairs of texts and a pretrained encoder-decoder, or a new
// T5, to a model directory.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/pair_table.h"
#include "apps/attune/train_flags.h"
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
  std::int64_t eval_examples = 0;  // how many validation texts an evaluation writes; 0: all
  bool bleu = false;               // BLEU and chrF of them

  RunPlace place;
};

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const TextToTextRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, TextToTextRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_text_to_text(const TextToTextRun& run, std::FILE* progress);

}  // namespace attune::command
