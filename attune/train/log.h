// What a run writes down while it goes: DIR/log.jsonl, one JSON object a line, and TensorBoard's event files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/tensorboard.h"

namespace attune::train {

struct StepRecord {
  std::int64_t step = 0;  // the first is 1
  double loss = 0;        // before the step's update
  double learning_rate = 0;
  double grad_norm = 0;  // before clipping
  double units_per_second = 0;
  std::string_view unit = "tokens";  // what micro-batches are counted in
  double step_seconds = 0;
  double elapsed_seconds = 0;  // since the beginning of the run, over all its parts
};

struct EvaluationRecord {
  std::int64_t step = 0;                               // steps done
  std::vector<std::pair<std::string, double>> values;  // {"eval_loss", 1.88}, ...
};

class Log {
 public:
  // Continues the log of a run that goes on after `steps_done` steps, with evaluations up to
  // `evaluated_step`; what an earlier part logged beyond them is cut off. With 0 steps the log begins anew.
  Log(const std::filesystem::path& directory, std::int64_t steps_done, std::int64_t evaluated_step);
  ~Log();

  // Lines reach the file within a second.
  void write(const StepRecord& record);
  void write(const EvaluationRecord& record);
  // Throws Error when the disk is full.
  void flush();

 private:
  using Clock = std::chrono::steady_clock;

  void append(const std::string& line);

  io::AppendFile file_;
  io::TensorboardWriter tensorboard_;
  std::string pending_;
  Clock::time_point flushed_ = Clock::now();
};

}  // namespace attune::train
