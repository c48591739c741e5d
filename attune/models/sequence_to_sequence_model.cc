#include "attune/models/sequence_to_sequence_model.h"

#include "attune/models/config_fields.h"
#include "attune/models/t5/t5.h"
#include "attune/models/transformer/transformer.h"

namespace attune::models {

std::unique_ptr<SequenceToSequenceModel> load_sequence_to_sequence_model(
    const std::filesystem::path& directory, const LoadOptions& options) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  if (read_model_type(directory) == "t5") return load_t5(directory, options);
  auto model = std::make_unique<Transformer>(read_transformer_config(directory));
  load_weights(model->parameters(), transformer_weight_table(), directory, options);
  return model;
}

}  // namespace attune::models
