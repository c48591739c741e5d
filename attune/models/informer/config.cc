#include "attune/models/informer/config.h"

#include <nlohmann/json.hpp>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/forecasting/forecast_config.h"

namespace attune::models {

void InformerConfig::validate() const {
  blocks.validate();
  if (blocks.decoding != TimeTransformerConfig::Decoding::one_pass)
    fail_usage("decoding is autoregressive, expected one_pass: an Informer fills all steps at once");
  if (factor < 1 || factor > 1024) fail_usage("factor is {}, expected 1 .. 1024", factor);
}

InformerConfig read_informer_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "Informer");
  InformerConfig config;
  naming_file(path.string(), [&] {
    std::string type;
    fields.read("model_type", type);
    check(
        type != "informer",
        "\"model_type\" is \"informer\", Hugging Face's model of that name, expected \"informer_tsl\", that "
        "of the Time-Series-Library: their architectures differ");
    fields.expect_model_type("informer_tsl");
    read_time_transformer_blocks(fields, config.blocks);
    fields.read("factor", config.factor);
    fields.read("distil", config.distil);
    config.validate();
  });
  return config;
}

void write_informer_config(const InformerConfig& config, const std::filesystem::path& directory) {
  nlohmann::ordered_json object = {{"model_type", "informer_tsl"}};
  write_time_transformer_blocks(config.blocks, object);
  object["factor"] = config.factor;
  object["distil"] = config.distil;
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
