#include "attune/models/causal_language_model.h"

#include "attune/models/config_fields.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/own_output.h"
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

Gpt2Config gpt2_config_of(const std::filesystem::path& directory) {
  Gpt2Config config = read_gpt2_config(directory);
  if (has_own_output(directory, "lm_head.weight", {"transformer.wte.weight", "wte.weight"}))
    config.tie_word_embeddings = false;
  return config;
}

}  // namespace

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& directory,
                                                                const LoadOptions& options) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const std::string type = read_model_type(directory);
  if (type == "openai-gpt")
    return load<Gpt>(read_gpt_config(directory), gpt_weight_table(), directory, options);
  if (type == "gpt2" || type.empty())
    return load<Gpt2>(gpt2_config_of(directory), gpt2_weight_table(), directory, options);
  if (type == "prefix-lm") return load_prefix_lm(directory, options);
  fail("{}: \"model_type\" is \"{}\", expected gpt2, openai-gpt or prefix-lm",
       (directory / "config.json").string(), type);
}

}  // namespace attune::models
