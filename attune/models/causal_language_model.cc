#include "attune/models/causal_language_model.h"

#include "attune/models/gpt2/gpt2.h"

namespace attune::models {

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& directory,
                                                                const LoadOptions& options) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  auto model = std::make_unique<Gpt2>(read_gpt2_config(directory));
  load_weights(model->parameters(), gpt2_weight_table(), directory, options);
  return model;
}

}  // namespace attune::models
