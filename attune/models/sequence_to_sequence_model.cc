#include "attune/models/sequence_to_sequence_model.h"

#include "attune/models/config_fields.h"
#include "attune/models/t5/t5.h"
#include "attune/models/transformer/transformer.h"

namespace attune::models {

void check_sequence_to_sequence_model(const std::filesystem::path& directory) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const std::string family = read_model_type(directory);
  // The configuration is read as that of a Transformer, which says more, where no family is given.
  check(family.empty() || family == "marian" || family == "t5",
        "{}: \"model_type\" is \"{}\", expected marian or t5: an encoder-decoder",
        (directory / "config.json").string(), family);
}

std::unique_ptr<SequenceToSequenceModel> load_sequence_to_sequence_model(
    const std::filesystem::path& directory, const LoadOptions& options) {
  check_sequence_to_sequence_model(directory);
  if (read_model_type(directory) == "t5") return load_t5(directory, options);
  auto model = std::make_unique<Transformer>(read_transformer_config(directory));
  load_weights(model->parameters(), transformer_weight_table(), directory, options);
  return model;
}

}  // namespace attune::models
