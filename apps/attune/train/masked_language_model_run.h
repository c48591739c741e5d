// A run of `attune train mlm`: from files and options to a pre-trained encoder.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/encoder_choice.h"
#include "apps/attune/train/train_flags.h"
#include "attune/tasks/masked_language_modeling/masked_language_modeling.h"
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

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("language_smoothing", run.language_smoothing);
    visit("packing", run.packing);
    for_each_encoder_field(run.encoder, visit);
    visit("context", run.encoder.sizes.context);
    visit("masking", run.masking);
    visit("mask_probability", run.masked.probability);
    visit("mask_replace_probability", run.masked.mask_replace_probability);
    visit("random_replace_probability", run.masked.random_replace_probability);
    visit("whole_word_mask", run.masked.whole_words);
    visit("next_sentence", run.next_sentence);
    visit("sentence_order", run.sentence_order);
    visit("batch_size", run.batch_size);
  }
};

// What examples are like: --packing, --mask-probability and the others of masks, --next-sentence,
// --sentence-order.
void add_example_flags(CLI::App& verb, MaskedLanguageModelRun& run);

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_masked_language_model(const MaskedLanguageModelRun& run, std::FILE* progress);

}  // namespace attune::command
