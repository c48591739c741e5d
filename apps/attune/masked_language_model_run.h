// A run of `attune train mlm`: from files and options to a pre-trained encoder.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/attune/encoder_choice.h"
#include "apps/attune/train_flags.h"
#include "attune/tasks/masked_language_modeling.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

// As BERT was pre-trained (1810.04805, appendix A.2), but for its length.
inline train::TrainingOptions pre_training() {
  train::TrainingOptions training;
  training.learning_rate = 1e-4;
  training.lr_scheduler_type = train::ScheduleKind::linear;
  training.weight_decay = 0.01;
  training.num_train_epochs = 3;
  return training;
}

struct MaskedLanguageModelRun {
  // Data
  std::vector<std::string> train, valid;  // a language each: a text file, or a directory of them
  double language_smoothing = 0.7;
  bool packing = true;
  std::string cache;  // directory of the tokenised text; empty: in the run's own

  EncoderChoice encoder;
  bool context_given = false;  // by the user, and so not to be shortened to what a directory's model takes

  // Objective
  std::string masking = "dynamic";
  tasks::MaskingOptions masked;
  bool next_sentence = false, sentence_order = false;

  // Training
  train::TrainingOptions training = pre_training();
  std::int64_t batch_size = 32;

  RunPlace place;
};

// What examples are like: --packing, --mask-probability and the others of masks, --next-sentence,
// --sentence-order.
void add_example_flags(CLI::App& verb, MaskedLanguageModelRun& run);

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const MaskedLanguageModelRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, MaskedLanguageModelRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_masked_language_model(const MaskedLanguageModelRun& run, std::FILE* progress);

}  // namespace attune::command
