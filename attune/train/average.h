// The mean of a run's last checkpoints (Vaswani et al., 1706.03762, section 6.1).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "attune/nn/parameters.h"
#include "attune/train/checkpoint.h"

namespace attune::train {

// The parameters, in float32, of the model in a directory.
using LoadParameters =
    std::function<std::shared_ptr<const nn::Parameters>(const std::filesystem::path& directory)>;

// Sets the learned parameters, which have float32 memory of their own, to the mean of those in the last
// `count` checkpoints of the run, or in all when there are fewer. Which checkpoints these were, oldest first.
// Throws Error when there is none.
std::vector<Checkpoint> average_checkpoints(const nn::Parameters& parameters,
                                            const std::filesystem::path& run_directory, std::int64_t count,
                                            const LoadParameters& load);

}  // namespace attune::train
