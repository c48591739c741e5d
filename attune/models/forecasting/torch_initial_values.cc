#include "attune/models/forecasting/torch_initial_values.h"

#include <cmath>
#include <map>

namespace attune::models {

nn::Initializer torch_linear(std::int64_t in) {
  return nn::Initializer::uniform(1 / std::sqrt(static_cast<double>(in)));
}

void initialize_as_torch(const nn::Parameters& parameters, Generator& generator) {
  parameters.initialize(generator);
  std::map<std::string, std::int64_t, std::less<>> inputs;  // of the matrices, by "NAME."
  const std::string weight = "weight", bias = "bias";
  for (const nn::Parameter& parameter : parameters.all()) {
    if (parameter.tensor.rank() == 2 && parameter.name.ends_with(weight))
      inputs[parameter.name.substr(0, parameter.name.size() - weight.size())] = parameter.tensor.dim(1);
  }
  for (const nn::Parameter& parameter : parameters.all()) {
    if (!parameter.name.ends_with(bias)) continue;
    const auto found = inputs.find(parameter.name.substr(0, parameter.name.size() - bias.size()));
    if (found == inputs.end()) continue;
    const double bound = 1 / std::sqrt(static_cast<double>(found->second));
    parameter.tensor.bind(random_uniform(parameter.tensor.shape(), -bound, bound, generator));
  }
}

}  // namespace attune::models
