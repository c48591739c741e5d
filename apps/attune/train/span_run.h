// A run of `attune train span`: pre-trains a T5 by span corruption, or a prefix language model.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/new_model.h"
#include "apps/attune/train/train_flags.h"
#include "attune/tasks/language_modeling/span_corruption.h"
#include "attune/train/options.h"
#include "attune/train/trainer.h"

namespace attune::command {

inline const Families span_families = {"t5", "t5-v1.1", "prefix-lm"};

struct SpanRun {
  // Data
  std::vector<std::string> train, valid;
  double valid_fraction = 0;  // 0: none is split off
  std::string separator;      // a line between documents; empty: a file is a document
  std::string tokenizer = "bpe:8000";
  std::string cache;  // directory of the tokenised text; empty: in the run's own

  // Model
  std::string model;  // a directory to continue from, or a family to start anew
  std::int64_t layers = 4, heads = 4, width = 128;
  std::int64_t feed_forward = 0;  // 0: four times the width
  double dropout = 0.1;

  // Objective
  std::string objective;       // span or prefix-lm; empty: what the model is for
  std::int64_t context = 512;  // tokens of a corrupted source, or those a prefix language model sees
  bool context_given = false;  // by the user, and so not to be shortened to what `model` sees
  tasks::SpanNoise noise;

  // Training
  train::TrainingOptions training;
  std::int64_t batch_size = 8;

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
    visit("feed_forward", run.feed_forward);
    visit("dropout", run.dropout);
    visit("objective", run.objective);
    visit("context", run.context);
    visit("noise_density", run.noise.density);
    visit("mean_span_length", run.noise.mean_span_length);
    visit("batch_size", run.batch_size);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_spans(const SpanRun& run, std::FILE* progress);

}  // namespace attune::command
