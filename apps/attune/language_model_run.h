// A run of `attune train lm`: from files and options to a trained model directory.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/attune/new_model.h"
#include "apps/attune/train_flags.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

inline const Families language_model_families = {"gpt2", "openai-gpt"};

struct LanguageModelRun {
  // Data
  std::vector<std::string> train, valid;
  double valid_fraction = 0;  // 0: none is split off
  std::string separator;      // a line between documents; empty: a file is a document
  std::string tokenizer = "char";
  std::string cache;  // directory of the tokenised text; empty: in the run's own

  // Model
  std::string model;  // a directory to continue from, or a family; empty: a new GPT-2 of these sizes
  std::int64_t layers = 4, heads = 4, width = 128, context = 64;
  bool context_given = false;     // by the user, and so not to be shortened to what `model` sees
  std::int64_t feed_forward = 0;  // 0: four times the width
  double dropout = 0;

  // Training
  train::TrainingOptions training;
  std::int64_t batch_size = 12;
  std::int64_t eval_stride = 0;  // 0: the context

  // The run
  RunPlace place;
};

// What makes a run, under the names of its flags: training_config.json, to be given back with --config.
void to_json(nlohmann::ordered_json& json, const LanguageModelRun& run);
// Throws UsageError for a key that is not an option, naming it.
void from_json(const nlohmann::ordered_json& json, LanguageModelRun& run);

// Trains and leaves the model in run.out. `progress` may be null.
train::TrainingResult train_language_model(const LanguageModelRun& run, std::FILE* progress);

}  // namespace attune::command
