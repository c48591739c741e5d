// The directory of a run: locked, protected from being written over, checked when a run is resumed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attune/io/directory.h"
#include "attune/train/checkpoint.h"
#include "attune/train/options.h"

namespace attune::train {

enum class RunMode { fresh, resume, overwrite };

class RunDirectory {
 public:
  // Creates and locks the directory; nothing in it is changed before begin(). `more` holds what makes the run
  // beside `options` (model, data), as further keys of the configuration.
  //
  // Throws UsageError for options that make no sense, and Error when another run holds the directory; fresh:
  // when it holds the results of a run or a model; resume: when it holds no run, or one of another
  // configuration (all fields that differ are named). How long to train, and how often to evaluate, save and
  // log, may differ.
  RunDirectory(std::filesystem::path path, RunMode mode, const TrainingOptions& options,
               const std::string& more = "{}");

  const std::filesystem::path& path() const { return path_; }
  const TrainingOptions& options() const { return options_; }
  // What to continue from; nothing for a run that starts from its first step.
  const std::optional<Checkpoint>& checkpoint() const { return checkpoint_; }

  // The run starts: removes what it does not continue and writes training_config.json.
  void begin();

 private:
  std::filesystem::path path_;
  io::DirectoryLock lock_;
  TrainingOptions options_;
  std::string configuration_;  // JSON
  RunMode mode_;
  std::optional<Checkpoint> checkpoint_;
};

}  // namespace attune::train
