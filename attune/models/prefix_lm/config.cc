#include "attune/models/prefix_lm/config.h"

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {

void PrefixLmConfig::validate() const {
  blocks.validate();
  if (n_positions < 1) fail_usage("n_positions is {}, expected at least 1", n_positions);
}

PrefixLmConfig read_prefix_lm_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "prefix language model");
  fields.expect_model_type("prefix-lm");
  PrefixLmConfig config;
  try {
    read_t5_blocks(fields, config.blocks);
    fields.read("n_positions", config.n_positions);
    fields.read("eos_token_id", config.eos_token_id);
    config.validate();
  } catch (const UsageError& error) {
    fail("{}: {}", path.string(), error.what());
  }
  return config;
}

void write_prefix_lm_config(const PrefixLmConfig& config, const std::filesystem::path& directory,
                            io::StoredType type) {
  nlohmann::ordered_json object = {{"model_type", "prefix-lm"}, {"n_positions", config.n_positions}};
  write_t5_blocks(config.blocks, type, object);
  object.erase("num_decoder_layers");
  set_token(object, "eos_token_id", config.eos_token_id);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
