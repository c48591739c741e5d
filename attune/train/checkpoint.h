// What is needed to go on exactly where a run was: checkpoint-STEP/ with the model, optimizer.safetensors and
// trainer_state.json, published as a whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "attune/tensor/random.h"
#include "attune/train/optimizer.h"

namespace attune::train {

// trainer_state.json. Names are those of Hugging Face's where it has them.
struct TrainerState {
  std::int64_t global_step = 0;  // steps of the optimizer done
  double elapsed_seconds = 0;    // over all parts of a resumed run
  Generator random;              // the source of dropout masks
  std::int64_t evaluated_step = 0;
  std::optional<double> best_metric;  // of metric_for_best_model, in an evaluation
  std::int64_t best_global_step = 0;
  std::int64_t evaluations_without_improvement = 0;
};

struct Checkpoint {
  std::filesystem::path path;
  std::int64_t step = 0;
};

// Writes the model and what goes with it (configuration, tokenizer) into a directory, over an older save if
// there is one, every file as a whole or not at all. Parameters are written in float32, or a resumed run
// would not be exact.
using SaveModel = std::function<void(const std::filesystem::path& directory)>;

// The complete checkpoints of a run's directory, oldest first.
std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& run_directory);

// Publishes checkpoint-STEP. Throws Error, and changes nothing, when it cannot be written.
Checkpoint save_checkpoint(const std::filesystem::path& run_directory, const TrainerState& state,
                           const Optimizer& optimizer, const SaveModel& save_model);

// Throw Error naming the file and what is wrong in it. The optimizer's arena must be that of the run saved.
TrainerState load_trainer_state(const Checkpoint& checkpoint);
void load_optimizer(const Checkpoint& checkpoint, Optimizer& optimizer);

// What is left when this is interrupted is not taken for a checkpoint. Throws Error when it cannot be
// removed.
void remove_checkpoint(const Checkpoint& checkpoint);
// Removes all checkpoints but the newest `limit`; with 0, none.
void remove_old_checkpoints(const std::filesystem::path& run_directory, std::int64_t limit);

}  // namespace attune::train
