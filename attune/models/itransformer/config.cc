#include <string>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/forecasting/forecast_config.h"
#include "attune/models/itransformer/itransformer.h"

namespace attune::models {
namespace {

constexpr std::int64_t most_width = 1 << 20;

}  // namespace

void ITransformerConfig::validate() const {
  validate_forecast(sizes, head);
  const auto within = [](const char* name, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most) fail_usage("{} is {}, expected 1 .. {}", name, value, most);
  };
  within("d_model", d_model, most_width);
  within("n_heads", n_heads, d_model);
  if (d_model % n_heads != 0) fail_usage("d_model {} cannot be divided among {} n_heads", d_model, n_heads);
  within("e_layers", e_layers, most_layers);
  within("d_ff", d_ff, most_width);
  if (!(dropout >= 0 && dropout < 1)) fail_usage("dropout is {}, expected 0 <= dropout < 1", dropout);
  if (activation != ops::ActivationKind::gelu && activation != ops::ActivationKind::relu)
    fail_usage("activation is {}, expected gelu or relu", ops::name_of(activation));
}

ITransformerConfig read_itransformer_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "iTransformer");
  ITransformerConfig config;
  naming_file(path.string(), [&] {
    fields.expect_model_type("itransformer");
    read_forecast(fields, config.sizes, config.head);
    fields.read("d_model", config.d_model);
    fields.read("n_heads", config.n_heads);
    fields.read("e_layers", config.e_layers);
    fields.read("d_ff", config.d_ff);
    fields.read("dropout", config.dropout);
    std::string activation(ops::name_of(config.activation));
    fields.read("activation", activation);
    fields.read("use_norm", config.use_norm);
    fields.read("future_calendar", config.future_calendar);
    config.activation = ops::activation_from_name(activation);
    config.validate();
  });
  return config;
}

void write_itransformer_config(const ITransformerConfig& config, const std::filesystem::path& directory) {
  nlohmann::ordered_json object = {{"architectures", {"iTransformer"}}, {"model_type", "itransformer"}};
  write_forecast(config.sizes, config.head, object);
  object["d_model"] = config.d_model;
  object["n_heads"] = config.n_heads;
  object["e_layers"] = config.e_layers;
  object["d_ff"] = config.d_ff;
  object["dropout"] = config.dropout;
  object["activation"] = ops::name_of(config.activation);
  object["use_norm"] = config.use_norm;
  object["future_calendar"] = config.future_calendar;
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
