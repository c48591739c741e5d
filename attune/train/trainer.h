// A run: steps, evaluations, checkpoints and logs, from the first step or from a checkpoint to the end.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

#include "attune/models/weight_table.h"
#include "attune/nn/parameters.h"
#include "attune/tasks/task.h"
#include "attune/train/arena.h"
#include "attune/train/best_metric.h"
#include "attune/train/checkpoint.h"
#include "attune/train/log.h"
#include "attune/train/optimizer.h"
#include "attune/train/progress.h"
#include "attune/train/run_directory.h"
#include "attune/train/schedule.h"
#include "attune/train/stop_signals.h"

namespace attune::train {

// The loss, a gradient or a parameter is infinite or NaN. The message names the step and the first bad
// tensor; what was saved before is untouched.
class DivergedError : public Error {
 public:
  using Error::Error;
};

struct TrainingResult {
  enum class End { finished, stopped_early, interrupted } end = End::finished;
  int signal = 0;  // interrupted: SIGINT or SIGTERM; the exit status is 128 + signal
  std::int64_t steps_done = 0;
  std::int64_t max_steps = 0;
  std::string metric_for_best_model = "loss";
  std::optional<double> best_metric;  // its best value in an evaluation
  std::int64_t best_step = 0;
  double elapsed_seconds = 0;
  std::filesystem::path checkpoint;  // the last one saved: where --resume goes on
};

// Trains the parameters on the task as the run's options say.
//
// The directory gets training_config.json, log.jsonl, event files, checkpoint-STEP/ and, at its top, the
// model: with validation, the best so far by metric_for_best_model; without, the last, when the run ends or
// is interrupted. A run that was killed at any moment and is resumed ends with the same bits as one that was
// not.
class Trainer {
 public:
  // The parameters have their first values or, when run.checkpoint() says so, those that `save_model` wrote
  // there. `table` says what they are called in a checkpoint, as the options name them. `progress` may be
  // null. Throws UsageError for options that do not fit the parameters or the task.
  Trainer(const nn::Parameters& parameters, const models::WeightTable& table, tasks::Task& task,
          RunDirectory& run, SaveModel save_model, std::FILE* progress = stderr);

  // Once. Throws DivergedError, or Error when something cannot be written.
  TrainingResult train();

 private:
  struct StepOutcome {
    double loss = 0, grad_norm = 0, weight = 0;
  };

  // Nothing when a signal came between its micro-batches: the step has then not been taken.
  std::optional<StepOutcome> update(double learning_rate, const StopSignals& signals);
  void step(const StopSignals& signals);
  bool is_evaluation_due() const;
  void evaluate(const StopSignals& signals);
  void save();
  TrainingResult end(TrainingResult::End how, int signal);

  bool is_finished() const { return state_.global_step >= max_steps_; }
  bool has_stopped_early() const;
  double elapsed_seconds() const;
  void expect_finite_loss(double loss) const;
  void expect_finite_gradients(double norm, double loss) const;
  std::string advice() const;

  tasks::Task& task_;
  RunDirectory& run_;
  SaveModel save_model_;
  TrainingOptions options_;
  BestMetric best_metric_;
  std::int64_t max_steps_;
  Schedule schedule_;
  TrainerState state_;
  Arena arena_;
  Optimizer optimizer_;
  std::optional<Log> log_;
  std::optional<Checkpoint> saved_;  // the newest
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double elapsed_before_;  // in earlier parts of the run
  Progress progress_;
};

}  // namespace attune::train
