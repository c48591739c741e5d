#include "attune/train/average.h"

#include "attune/base/error.h"

namespace attune::train {

std::vector<Checkpoint> average_checkpoints(const nn::Parameters& parameters,
                                            const std::filesystem::path& run_directory, std::int64_t count,
                                            const LoadParameters& load) {
  auto checkpoints = list_checkpoints(run_directory);
  check(!checkpoints.empty() && count > 0, "{} has no checkpoints to average", run_directory.string());
  if (static_cast<std::int64_t>(checkpoints.size()) > count)
    checkpoints.erase(checkpoints.begin(), checkpoints.end() - count);

  std::vector<std::vector<double>> sums(parameters.all().size());
  for (const Checkpoint& checkpoint : checkpoints) {
    const auto saved = load(checkpoint.path);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const nn::Parameter& parameter = parameters.all()[i];
      if (!parameter.trained) continue;
      const std::vector<float> values = saved->at(parameter.name).tensor.to_vector<float>();
      sums[i].resize(values.size());
      for (std::size_t k = 0; k < values.size(); ++k) sums[i][k] += static_cast<double>(values[k]);
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!parameters.all()[i].trained) continue;
    float* values = parameters.all()[i].tensor.mutable_data<float>();
    for (std::size_t k = 0; k < sums[i].size(); ++k)
      values[k] = static_cast<float>(sums[i][k] / static_cast<double>(checkpoints.size()));
  }
  return checkpoints;
}

}  // namespace attune::train
