#include "attune/models/causal_language_model.h"

#include "attune/models/config_fields.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/prefix_lm/prefix_lm.h"

namespace attune::models {
namespace {

template <typename Model, typename Config>
std::unique_ptr<CausalLanguageModel> load(const Config& config, const WeightTable& table,
                                          const std::filesystem::path& directory,
                                          const LoadOptions& options) {
  auto model = std::make_unique<Model>(config);
  model->keep_stored_types(load_weights(model->parameters(), table, directory, options).stored);
  return model;
}

}  // namespace

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& directory,
                                                                const LoadOptions& options) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const std::string type = read_model_type(directory);
  if (type == "openai-gpt")
    return load<Gpt>(read_gpt_config(directory), gpt_weight_table(), directory, options);
  if (type == "gpt2" || type.empty())
    return load<Gpt2>(read_gpt2_config(directory), gpt2_weight_table(), directory, options);
  if (type == "prefix-lm") return load_prefix_lm(directory, options);
  fail("{}: \"model_type\" is \"{}\", expected gpt2, openai-gpt or prefix-lm",
       (directory / "config.json").string(), type);
}

}  // namespace attune::models
