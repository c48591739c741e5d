// A run of `attune train lm`: from files and options to a trained model directory.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "apps/attune/train/new_model.h"
#include "apps/attune/train/train_flags.h"
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

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("train", run.train);
    visit("valid", run.valid);
    visit("valid_fraction", run.valid_fraction);
    visit("separator", run.separator);
    visit("tokenizer", run.tokenizer);
    visit("model", run.model);
    visit("layers", run.layers);
    visit("heads", run.heads);
    visit("width", run.width);
    visit("context", run.context);
    visit("feed_forward", run.feed_forward);
    visit("dropout", run.dropout);
    visit("batch_size", run.batch_size);
    visit("eval_stride", run.eval_stride);
  }
};

// Trains and leaves the model in run.out. `progress` may be null.
train::TrainingResult train_language_model(const LanguageModelRun& run, std::FILE* progress);

}  // namespace attune::command
